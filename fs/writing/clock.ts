import { system } from '../../native/index.js';

/**
 * Times of changes: the kernel's, so that no file here looks older than one that was written elsewhere before it, and each later than the one
 * before, so that they tell what came after what.
 */
export class Clock {
  #last = 0n;

  /** Something was changed at a time that was taken elsewhere. */
  passed(time: bigint): void {
    if (time > this.#last) this.#last = time;
  }

  /** Nanoseconds since 1970. */
  now(): bigint {
    const time = system.realtime();
    this.#last = time > this.#last ? time : this.#last + 1n;
    return this.#last;
  }
}
