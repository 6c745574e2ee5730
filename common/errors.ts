/** Errors of the table as exceptions, as they travel, and as they are read back. */
import type { ErrorRow } from './error-row.js';
import { errorTable } from './error-table.js';
import type { ExitCode } from './exit.js';
import { shellWord } from './shell-word.js';

export { errorTable } from './error-table.js';

export type ErrorCode = keyof typeof errorTable;
export type ErrorContext = Readonly<Record<string, string | number>>;

/** An error as it crosses a socket: the other side makes the sentence of it again. */
export interface Failure {
  readonly code: string;
  readonly context: ErrorContext;
}

function fill(template: string, context: ErrorContext): string {
  return template.replace(/\{(\w+)(:word)?\}/g, (_, name: string, word: string | undefined) => {
    const value = String(context[name] ?? '?');
    return word === undefined ? value : shellWord(value);
  });
}

/** An error of the table above; `message` is the filled sentence. */
export class SherinError extends Error {
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, context: ErrorContext = {}, options?: ErrorOptions) {
    super(fill(errorTable[code].sentence, context), options);
    this.name = 'SherinError';
    this.code = code;
    this.context = context;
  }

  /** POSIX name answered to programs, such as `EACCES`. */
  get errno(): string {
    return errorTable[this.code].errno;
  }
  get exit(): ExitCode {
    return errorTable[this.code].exit;
  }
  /** What of it crosses a socket. */
  get failure(): { code: ErrorCode; context: Record<string, string | number> } {
    return { code: this.code, context: { ...this.context } };
  }
  /** What to do next. */
  get hint(): string {
    return fill(errorTable[this.code].hint, { ...this.context, command: this.command ?? '?' });
  }
  /** The next command, or null where a person has to decide. */
  get command(): string | null {
    const { command }: ErrorRow = errorTable[this.code];
    return command === undefined ? null : fill(command, this.context);
  }
}

/** The error that came over a socket; PROTOCOL for one that this version's table does not have. */
export function errorOf({ code, context }: Failure): SherinError {
  if (isErrorCode(code)) return new SherinError(code, context);
  return new SherinError('PROTOCOL', { part: `the error ${JSON.stringify(code.slice(0, 64))}` });
}

/** Name of an error of Node or an addon, such as `ENOENT`; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof SherinError || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True for a name in the table: a code that came over a socket is checked before use. */
export function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(errorTable, name);
}
