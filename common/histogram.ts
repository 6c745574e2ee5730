/** How often something took how long, as Prometheus counts it. */
export interface HistogramCounts {
  /** In at most each bound, each in its first one; one more for what took longer. */
  readonly buckets: readonly number[];
  /** Of all of them. */
  readonly seconds: number;
}

export class Histogram implements HistogramCounts {
  readonly #bounds: readonly number[];
  readonly #buckets: number[];
  #seconds = 0;

  /** @param bounds seconds, in ascending order */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#buckets = new Array<number>(bounds.length + 1).fill(0);
  }

  note(seconds: number): void {
    const found = this.#bounds.findIndex((most) => seconds <= most);
    const at = found < 0 ? this.#bounds.length : found;
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    this.#seconds += seconds;
  }

  get buckets(): readonly number[] {
    return [...this.#buckets];
  }
  get seconds(): number {
    return Math.round(this.#seconds * 1e6) / 1e6;
  }
}
