/** sherin-fs in the foreground. */
import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { errorOf, type SherinError } from '../../common/errors.js';
import type { ExitCode } from '../../common/exit.js';
import { childWord } from '../../daemon/client/child-word.js';
import { sherinFs } from '../../daemon/client/sherin-fs-program.js';
import { failureSchema } from '../../daemon/protocol/rpc.js';
import { exitOf } from './exit-of.js';

/**
 * Runs sherin-fs in the foreground on this terminal. Resolves to its exit code.
 * @param descriptor one that it gets besides the standard three, under the same number
 * @throws SherinError the one that it hands back
 */
export async function runSherinFs(args: readonly string[], descriptor?: number): Promise<ExitCode> {
  const failureFd = descriptor === 3 ? 4 : 3;
  const stdio: ('inherit' | 'ignore' | 'pipe' | number)[] = ['inherit', 'inherit', 'inherit'];
  while (stdio.length <= Math.max(failureFd, descriptor ?? 0)) stdio.push('ignore');
  if (descriptor !== undefined && descriptor > 2) stdio[descriptor] = descriptor;
  stdio[failureFd] = 'pipe';
  const child = spawn(process.execPath, [sherinFs(), ...args, '--failure-fd', String(failureFd)], { stdio });
  // Ctrl-C reaches the child too, which knows what to clean up; this process waits for it.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  try {
    const [code, failure] = await Promise.all([exitOf(child), handedBack(child, failureFd)]);
    if (failure !== null) throw failure;
    return code;
  } finally {
    process.off('SIGINT', ignore);
  }
}

/** The error that it hands back; null where it does not. @throws SherinError PROTOCOL: it says something else */
async function handedBack(child: ChildProcess, fd: number): Promise<SherinError | null> {
  const pipe = child.stdio[fd];
  if (pipe === null || pipe === undefined || !('read' in pipe)) return null;
  const said = await text(pipe);
  return said === '' ? null : errorOf(childWord(said, failureSchema));
}
