import type { CubeLock, Release } from '../cube/cube-lock.js';

/** The shared hold of all that was written and not committed: taken with the first step that relies on cubes, kept while anything does. */
export class CubeHold {
  readonly #lock: CubeLock;
  readonly #relied: () => boolean;
  #steps = 0;
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
      return await step();
    } finally {
      this.#steps -= 1;
      this.#giveBack();
    }
  }

  #giveBack(): void {
    if (this.#steps > 0 || this.#relied()) return;
    this.#held?.then((release) => release()).catch(() => undefined);
    this.#held = null;
  }
}
