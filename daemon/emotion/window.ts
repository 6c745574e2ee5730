/** In how many steps a window moves on. */
export const steps = 60;

/** What was measured in one step. */
export interface Step {
  /** Its number, counted from time 0. */
  readonly step: number;
  readonly sum: number;
  readonly count: number;
}

/** What was measured in the last `seconds`, in 60 steps: memory and work stay the same however much it is. */
export class Window {
  readonly #stepMs: number;
  readonly #sums = new Float64Array(steps);
  readonly #counts = new Float64Array(steps);
  /** Number of the step that is filled, counted from time 0. */
  #step = 0;
  /** What it holds, until that changes: it is read with every task. */
  #held: { readonly sum: number; readonly count: number } | null = null;

  constructor(seconds: number) {
    this.#stepMs = (seconds * 1000) / steps;
  }

  /** @param now milliseconds of a clock that never goes back; an earlier time counts as the latest one */
  add(value: number, now: number): void {
    this.#moveTo(now);
    const at = this.#step % steps;
    this.#sums[at] = (this.#sums[at] ?? 0) + value;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#held = null;
  }

  /** What is in it; the oldest goes a step at a time, so a measurement counts for 59 to 60 steps. */
  read(now: number): { readonly sum: number; readonly count: number } {
    this.#moveTo(now);
    this.#held ??= { sum: total(this.#sums), count: total(this.#counts) };
    return this.#held;
  }

  /** The steps from that time on in which something was measured. */
  since(time: number): Step[] {
    const first = Math.max(0, this.#stepAt(time), this.#step - steps + 1);
    const found: Step[] = [];
    for (let step = first; step <= this.#step; step++) {
      const [sum, count] = [this.#sums[step % steps] ?? 0, this.#counts[step % steps] ?? 0];
      if (count > 0) found.push({ step, sum, count });
    }
    return found;
  }

  /** Number of the first step that counts. */
  oldest(now: number): number {
    return this.#stepAt(now) - steps + 1;
  }

  /** Takes up a step of an earlier run, which is neither too old nor of a time to come; they come in their order. */
  restore({ step, sum, count }: Step): void {
    this.#moveToStep(step);
    this.#sums[step % steps] = (this.#sums[step % steps] ?? 0) + sum;
    this.#counts[step % steps] = (this.#counts[step % steps] ?? 0) + count;
    this.#held = null;
  }

  /** 'old' or 'future' where a step of an earlier run is not in the window. */
  placeOf(step: number, now: number): 'old' | 'within' | 'future' {
    if (step > this.#stepAt(now)) return 'future';
    return step < this.oldest(now) ? 'old' : 'within';
  }

  #stepAt(time: number): number {
    return Math.floor(time / this.#stepMs);
  }

  #moveTo(now: number): void {
    this.#moveToStep(this.#stepAt(now));
  }

  #moveToStep(step: number): void {
    const passed = Math.min(step - this.#step, steps);
    for (let back = 0; back < passed; back++) {
      this.#sums[(step - back) % steps] = 0;
      this.#counts[(step - back) % steps] = 0;
    }
    if (step <= this.#step) return;
    this.#step = step;
    this.#held = null;
  }
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
