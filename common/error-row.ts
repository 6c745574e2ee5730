import type { ExitCode } from './exit.js';

/** A row of the one table of errors (error-table.ts). */
export interface ErrorRow {
  readonly errno: string;
  readonly exit: ExitCode;
  readonly sentence: string;
  readonly hint: string;
  /** For what keeps a vault closed: the next command, to be run as it stands. */
  readonly command?: string;
}
