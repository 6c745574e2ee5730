import { nowNanoseconds } from '../../common/time.js';

/** Times of changes: the wall clock's, and each later than the one before, so that they tell what came after what. */
export class Clock {
  #last = 0n;

  /** Something was changed at a time that was taken elsewhere. */
  passed(time: bigint): void {
    if (time > this.#last) this.#last = time;
  }

  /** Nanoseconds since 1970. */
  now(): bigint {
    const time = nowNanoseconds();
    this.#last = time > this.#last ? time : this.#last + 1n;
    return this.#last;
  }
}
