/** What a transfer could not do: nothing is left out silently. */
import { errorTable, isErrorCode, systemCode } from '../../common/errors.js';
import { Exit, type ExitCode } from '../../common/exit.js';
import { reason } from '../../common/local-error.js';
import { asSherinError } from '../output/failure.js';
import type { Output } from '../output/output.js';

export interface Problem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  /** What to do, where that is not the same for all. */
  readonly hint?: string;
}

/** Lines of failures that a terminal gets; --json has them all. */
const shown = 50;

const altered = 'ALTERED';

export class Problems {
  readonly #list: Problem[] = [];

  get list(): readonly Problem[] {
    return this.#list;
  }

  /** Notes a failure that does not end the transfer. */
  add(path: string, error: unknown): void {
    this.#list.push({ path, code: asSherinError(error).code, message: reason(error) });
  }

  /** Notes that the local file system refused a place that the user named. */
  addLocal(path: string, error: unknown): void {
    const { message, hint } = localRefusal(error);
    this.#list.push({ path, code: 'LOCAL_FILE', message, hint });
  }

  /** Notes something that is left out on purpose. */
  skip(path: string, message: string): void {
    this.#list.push({ path, code: 'SKIPPED', message });
  }

  /** Notes something that is stored, but not as the source has it. */
  alter(path: string, message: string): void {
    this.#list.push({ path, code: altered, message });
  }

  /** Nothing is missing of what was to be transferred. */
  get whole(): boolean {
    return this.#list.every(({ code }) => code === altered);
  }

  /** Lists them on stderr. */
  print(output: Output): void {
    if (output.json) return;
    for (const { path, message, hint } of this.#list.slice(0, shown))
      output.note(`${path}: ${message}${hint === undefined ? '' : ` — ${hint}`}`);
    const more = this.#list.length - shown;
    if (more > 0) output.note(`and ${more} more; --json lists all`);
  }

  /** 0 without problems; 3 when something failed verification; else the exit code they share, or 1. */
  get exit(): ExitCode {
    if (this.#list.length === 0) return Exit.done;
    const exits = new Set(
      this.#list.map(({ code }) => (isErrorCode(code) ? errorTable[code].exit : Exit.failed)),
    );
    if (exits.has(Exit.verification)) return Exit.verification;
    if (exits.delete(Exit.usage)) exits.add(Exit.failed); // a file's fault, not that of the command line
    const [only] = exits;
    return exits.size === 1 && only !== undefined ? only : Exit.failed;
  }
}

/** What the local file system means by an error at a place that is written to, and what helps. */
function localRefusal(error: unknown): { message: string; hint: string } {
  switch (systemCode(error)) {
    case 'EISDIR':
      return {
        message: 'a directory of this name is in the way',
        hint: 'move it away, or name another DEST',
      };
    case 'ENOTDIR':
    case 'ELOOP':
      return {
        message: 'what stands here is no directory',
        hint: 'move it away, or name another DEST',
      };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { message: reason(error), hint: 'name a DEST that you may write to' };
    case 'ENOSPC':
    case 'EDQUOT':
      return { message: reason(error), hint: 'free some space there, or name another DEST' };
    default:
      return { message: reason(error), hint: 'check the path and its permissions' };
  }
}
