import type { ExitCode } from './exit.js';

/** A row of the one table of errors (error-table.ts). */
export interface ErrorRow {
  /** Of the system, or `EPOLICY`, which only sockets answer. */
  readonly errno: string;
  readonly exit: ExitCode;
  readonly sentence: string;
  readonly hint: string;
  /** For what keeps a vault closed: the next command, to be run as it stands. */
  readonly command?: string;
  /** Its sentence is made of short names and numbers, so the socket of sherind may tell it. */
  readonly told?: boolean;
}
