/** Ctrl-C during a transfer: the first one ends it in order, the second one at once. */
import { writeSync } from 'node:fs';
import { Exit } from '../../common/exit.js';

export class Interrupt {
  #asked = false;
  readonly #listener = (): void => this.#ask();

  constructor() {
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  /** True once the user wants the transfer to end. */
  get asked(): boolean {
    return this.#asked;
  }

  release(): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }

  #ask(): void {
    if (this.#asked) process.exit(Exit.failed);
    this.#asked = true;
    writeSync(2, '\nsherinctl: finishing what is under way; once more to stop at once\n');
  }
}
