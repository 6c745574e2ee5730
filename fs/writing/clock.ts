import { nowNanoseconds } from '../../common/time.js';

/** Times of changes: the wall clock's, and each later than the one before, so that they tell what came after what. */
export class Clock {
  #last = 0n;

  /** Nanoseconds since 1970. */
  now(): bigint {
    const time = nowNanoseconds();
    this.#last = time > this.#last ? time : this.#last + 1n;
    return this.#last;
  }
}
