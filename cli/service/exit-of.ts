/** How a program that this one has started ends. */
import type { ChildProcess } from 'node:child_process';
import { Exit, type ExitCode } from '../../common/exit.js';

const known: readonly number[] = Object.values(Exit);

/** Resolves to its exit code; one that is none of ours, or a signal, is a failure. Rejects where it could not be started. */
export function exitOf(child: ChildProcess): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      resolve(code !== null && known.includes(code) ? (code as ExitCode) : Exit.failed),
    );
  });
}
