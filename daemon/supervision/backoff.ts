const firstMs = 1_000;
const longestMs = 60_000;
/** After a run this long without an end the next wait is short again. */
const quietMs = 5 * 60_000;

/** How long to wait before the next start: 1 s, doubling to 60 s, and 1 s again after five quiet minutes. */
export class Backoff {
  #next = firstMs;
  #startedAt: number | null = null;

  /** Notes a start that worked. @param now milliseconds of a clock that never goes back */
  started(now: number): void {
    this.#startedAt = now;
  }

  /** Milliseconds to wait after an end or a start that failed. */
  delay(now: number): number {
    if (this.#startedAt !== null && now - this.#startedAt >= quietMs) this.#next = firstMs;
    this.#startedAt = null;
    const delay = this.#next;
    this.#next = Math.min(delay * 2, longestMs);
    return delay;
  }
}
