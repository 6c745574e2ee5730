/** Something that must be done by a time. */
export interface Expiring {
  expire(): void;
}

/** Ends what takes longer than one fixed time. All have the same time, so they expire in the order they came: one timer. */
export class Deadlines {
  readonly #milliseconds: number;
  /** In order of arrival. */
  readonly #pending = new Map<Expiring, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  add(item: Expiring): void {
    this.#pending.set(item, performance.now() + this.#milliseconds);
    this.#timer ??= setTimeout(() => this.#expire(), this.#milliseconds);
  }

  /** Unknown ones are no error. */
  remove(item: Expiring): void {
    this.#pending.delete(item);
    if (this.#pending.size === 0 && this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
  }

  #expire(): void {
    this.#timer = null;
    const now = performance.now();
    for (const [item, due] of this.#pending) {
      if (due > now) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(due - now));
        return;
      }
      this.#pending.delete(item);
      item.expire();
    }
  }
}
