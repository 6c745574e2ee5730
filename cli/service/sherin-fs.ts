/** sherin-fs in the foreground. */
import { spawn } from 'node:child_process';
import { Exit, type ExitCode } from '../../common/exit.js';
import { sherinFs } from '../../daemon/client/sherin-fs-program.js';

const known: readonly number[] = Object.values(Exit);

/**
 * Runs sherin-fs in the foreground on this terminal; it prints its own errors. Resolves to its exit code.
 * @param descriptor one that it gets besides the standard three, under the same number
 */
export async function runSherinFs(args: readonly string[], descriptor?: number): Promise<ExitCode> {
  const stdio: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit'];
  if (descriptor !== undefined && descriptor > 2) {
    while (stdio.length < descriptor) stdio.push('ignore');
    stdio.push(descriptor);
  }
  const child = spawn(process.execPath, [sherinFs(), ...args], { stdio });
  // Ctrl-C reaches the child too, which knows what to clean up; this process waits for it.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  try {
    return await new Promise<ExitCode>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(asExit(code)));
    });
  } finally {
    process.off('SIGINT', ignore);
  }
}

function asExit(code: number | null): ExitCode {
  return code !== null && known.includes(code) ? (code as ExitCode) : Exit.failed;
}
