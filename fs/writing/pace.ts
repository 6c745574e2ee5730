/** How many slots are encrypted at one time: one where others need the processors more, else as many as come. */

export class Pace {
  readonly #isSlow: () => boolean;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param isSlow whether one step waits for the other now */
  constructor(isSlow: () => boolean) {
    this.#isSlow = isSlow;
  }

  /** Runs a step in its turn. */
  async during<T>(step: () => Promise<T>): Promise<T> {
    while (this.#running > 0 && this.#isSlow())
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await step();
    } finally {
      this.#running -= 1;
      // Each of them looks anew; where it is slow no longer, all go on.
      for (const go of this.#waiting.splice(0)) go();
    }
  }
}
