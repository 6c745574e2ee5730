/** How a command without a terminal of its own tells sherinctl what it does: JSON lines on stdout. */
import { writeSync } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';

const everyMs = 100;
const stdout = 1;

function say(line: object): void {
  writeSync(stdout, `${JSON.stringify(line)}\n`);
}

/** Progress now and then. */
export function tellProgress(): (done: number, total: number) => void {
  let last = 0;
  return (done, total) => {
    const now = Date.now();
    if (now - last < everyMs) return;
    last = now;
    say({ progress: { done, total } });
  };
}

/**
 * Runs a command that writes to a directory of the caller's, and tells its result or why it failed.
 * @param path the directory, for errors of its file system
 */
export async function telling(path: string, work: () => Promise<object>): Promise<void> {
  try {
    say({ result: await work() });
  } catch (error) {
    const known = asKnown(error, path);
    say({ error: known.failure });
    process.exitCode = known.exit;
  }
}

function asKnown(error: unknown, path: string): SherinError {
  if (error instanceof SherinError) {
    // The disk that is full is the caller's, not the vault's.
    return error.code === 'NO_SPACE' ? new SherinError('TARGET_FULL', {}, { cause: error }) : error;
  }
  const code = systemCode(error);
  if (code === undefined) throw error;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new SherinError('TARGET_FULL', {}, { cause: error });
  return localError(path, error);
}
