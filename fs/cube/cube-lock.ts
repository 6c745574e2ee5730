/** Who relies on stored cubes, against who removes them. */
import { SherinError } from '../../common/errors.js';

/** Gives a hold back; harmless twice. */
export type Release = () => void;

interface Waiter {
  readonly exclusive: boolean;
  readonly admit: () => void;
}

/** Seconds that a removal waits for holders: one whose source does not answer must not keep everybody else out for good. */
const patience = 60;

/**
 * An encoder that meets a cube which the vault has already writes none of its own and relies on that one, though no record refers to
 * it yet. So whoever encodes has a shared hold from before its first cube until the commit of the record that refers to it, and cubes
 * are removed under the exclusive one, after looking at the log again. First come, first served: neither side can starve the other.
 *
 * Whoever wants a place in the manifest's turn as well asks for the hold first.
 */
export class CubeLock {
  #shared = 0;
  #exclusive = false;
  readonly #queue: Waiter[] = [];

  /** True while someone waits for the exclusive hold: a long shared one is to be given back between two steps and asked for again. */
  get contended(): boolean {
    return this.#queue.some(({ exclusive }) => exclusive);
  }

  /** True while nobody relies on cubes without a record. */
  get idle(): boolean {
    return this.#shared === 0;
  }

  /** How many rely on cubes without a record; more than anybody counts while one removes cubes. */
  get holders(): number {
    return this.#exclusive ? Number.POSITIVE_INFINITY : this.#shared;
  }

  /** A hold beside others of its kind. */
  async shared(): Promise<Release> {
    if (this.#exclusive || this.#queue.length > 0) {
      await new Promise<void>((admit) => this.#queue.push({ exclusive: false, admit }));
    } else this.#shared += 1;
    return once(() => {
      this.#shared -= 1;
      this.#next();
    });
  }

  /** A hold beside nobody. @throws SherinError TIMEOUT when the holders before it do not end */
  async exclusive(seconds = patience): Promise<Release> {
    if (this.#exclusive || this.#shared > 0 || this.#queue.length > 0) await this.#waitExclusive(seconds);
    else this.#exclusive = true;
    return once(() => {
      this.#exclusive = false;
      this.#next();
    });
  }

  #waitExclusive(seconds: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        exclusive: true,
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(
          new SherinError('TIMEOUT', { what: 'waiting for the end of imports, backups and checks', seconds }),
        );
        this.#next();
      }, seconds * 1000);
      this.#queue.push(waiter);
    });
  }

  /** Lets in whoever is first in line, and those of its kind behind it. */
  #next(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (this.#exclusive || (first.exclusive && this.#shared > 0)) return;
      this.#queue.shift();
      if (first.exclusive) this.#exclusive = true;
      else this.#shared += 1;
      first.admit();
    }
  }
}

function once(release: Release): Release {
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    release();
  };
}
