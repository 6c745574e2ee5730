/** Ctrl-C during a benchmark: what is measured ends, and everything temporary is still removed; a second one changes nothing. */
import { writeSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Interrupt {
  #asked = false;
  readonly #listener = (): void => this.#ask();

  constructor() {
    for (const signal of signals) process.on(signal, this.#listener);
  }

  /** @throws SherinError INTERRUPTED once the user wants it to end */
  check(): void {
    if (this.#asked) throw new SherinError('INTERRUPTED', { what: 'nothing of the benchmark is kept' });
  }

  release(): void {
    for (const signal of signals) process.off(signal, this.#listener);
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    try {
      writeSync(2, '\nsherinctl: removing the temporary vault\n');
    } catch {
      // the terminal is gone: SIGHUP
    }
  }
}
