/** Steps one after another, each when the one before has ended, however that was. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns the step's outcome */
  run<T>(step: () => Promise<T>): Promise<T> {
    const run = this.#last.then(step);
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Resolves when all that were asked for have ended. */
  async ended(): Promise<void> {
    await this.#last;
  }
}
