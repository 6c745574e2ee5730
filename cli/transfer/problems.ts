/** What a transfer could not do: nothing is left out silently. */
import { errorTable, isErrorCode } from '../../common/errors.js';
import { Exit, type ExitCode } from '../../common/exit.js';
import { asSherinError, reason } from '../output/failure.js';
import type { Output } from '../output/output.js';

export interface Problem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** Lines of failures that a terminal gets; --json has them all. */
const shown = 50;

export class Problems {
  readonly #list: Problem[] = [];

  get list(): readonly Problem[] {
    return this.#list;
  }

  /** Notes a failure that does not end the transfer. */
  add(path: string, error: unknown): void {
    this.#list.push({ path, code: asSherinError(error).code, message: reason(error) });
  }

  /** Notes something that is left out on purpose. */
  skip(path: string, message: string): void {
    this.#list.push({ path, code: 'SKIPPED', message });
  }

  /** Lists them on stderr. */
  print(output: Output): void {
    if (output.json) return;
    for (const { path, message } of this.#list.slice(0, shown)) output.note(`${path}: ${message}`);
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
