/** Seals what was changed within a moment, without anybody having to ask. */

/** After a change it is sealed within this time. */
const sealAfterMs = 5_000;

export class Background {
  /** @returns whether something is left for the next time */
  readonly #seal: () => Promise<boolean>;
  readonly #told: (error: unknown) => void;
  #timer: NodeJS.Timeout | null = null;
  #paused = false;

  /** @param told that it failed; null: that it did not */
  constructor(seal: () => Promise<boolean>, told: (error: unknown) => void) {
    this.#seal = seal;
    this.#told = told;
  }

  soon(): void {
    if (this.#timer !== null || this.#paused) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#run();
    }, sealAfterMs);
    this.#timer.unref();
  }

  /** Until {@link resume}: nothing is sealed unasked. */
  pause(): void {
    this.#paused = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  resume(): void {
    this.#paused = false;
  }

  async #run(): Promise<void> {
    try {
      if (await this.#seal()) this.soon();
      this.#told(null);
    } catch (error) {
      this.#told(error);
      this.soon();
    }
  }
}
