/** How a command at the terminal of sherinctl hands it an error, for sherinctl to print: one JSON object. */
import { writeSync } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import type { ExitCode } from '../../common/exit.js';

/** @returns the exit code of the error */
export function handBack(fd: number, error: unknown): ExitCode {
  const known = asKnown(error);
  writeSync(fd, JSON.stringify(known.failure));
  return known.exit;
}

function asKnown(error: unknown): SherinError {
  if (error instanceof SherinError) return error;
  if (systemCode(error) === 'EINTR') return new SherinError('INTERRUPTED', { what: 'nothing was typed' });
  const part = error instanceof Error ? error.message : String(error);
  return new SherinError('IO', { what: 'sherin-fs', part }, { cause: error });
}
