/** Answers to system calls. */
import { constants } from 'node:os';
import { SherinError } from '../../common/errors.js';

export type ErrnoName = keyof typeof constants.errno;

/** An ordinary answer of a file system, such as ENODATA; it has no row in the error table because no user reads it. */
export class PosixError extends Error {
  readonly errno: ErrnoName;

  constructor(errno: ErrnoName) {
    super(errno);
    this.errno = errno;
  }
}

function isErrnoName(name: string): name is ErrnoName {
  return Object.hasOwn(constants.errno, name);
}

/** The errno an error stands for; undefined when it is no answer but a bug. */
export function errnoOf(error: unknown): ErrnoName | undefined {
  if (error instanceof PosixError) return error.errno;
  if (error instanceof SherinError && isErrnoName(error.errno)) return error.errno;
  return undefined;
}

export function errnoNumber(name: ErrnoName): number {
  return constants.errno[name];
}
