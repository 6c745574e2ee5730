import type { CubeLock, Release } from '../cube/cube-lock.js';

/** The shared hold of all that was written and not committed: taken with the first step that relies on cubes, kept while anything does. */
export class CubeHold {
  readonly #lock: CubeLock;
  readonly #relied: () => boolean;
  #steps = 0;
  #encoding = 0;
  #admitted = false;
  #held: Promise<Release> | null = null;

  /** @param relied whether content in memory stands on cubes that no record refers to */
  constructor(lock: CubeLock, relied: () => boolean) {
    this.#lock = lock;
    this.#relied = relied;
  }

  /** Runs a step that makes or relies on cubes. Not in the manifest's turn, where who removes cubes may be waiting. */
  async during<T>(step: () => Promise<T>): Promise<T> {
    this.#steps += 1;
    this.#held ??= this.#lock.shared();
    try {
      await this.#held;
      this.#admitted = true;
      return await step();
    } finally {
      this.#steps -= 1;
      this.#giveBack();
    }
  }

  /** Runs a step, with whosever hold, that may meet a cube which is there, and rely on that one. */
  async encoding<T>(step: () => Promise<T>): Promise<T> {
    this.#encoding += 1;
    try {
      return await step();
    } finally {
      this.#encoding -= 1;
    }
  }

  /** Nobody relies on cubes that no record refers to, beside content in memory. */
  get isIdle(): boolean {
    return this.#encoding === 0 && this.#lock.holders === (this.#admitted ? 1 : 0);
  }

  #giveBack(): void {
    if (this.#steps > 0 || this.#relied()) return;
    this.#held?.then((release) => release()).catch(() => undefined);
    this.#held = null;
    this.#admitted = false;
  }
}
