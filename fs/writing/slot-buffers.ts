import { system } from '../../native/index.js';
import { slotBytes } from '../manifest/index-node.js';
import { Pace } from './pace.js';

/** Slots of all files that are put together and encrypted at one time, 1 MiB each. */
export const slotsInFlight = 4;

/** Buffers of 1 MiB for plaintext, as many as slots may be under way. */
export class SlotBuffers {
  /** Of those who put slots together and encrypt them. */
  readonly pace: Pace;
  readonly #free: Buffer[] = [];
  readonly #waiting: (() => void)[] = [];
  #made = 0;

  /** @param isSlow as {@link Pace} */
  constructor(isSlow: () => boolean = () => false) {
    this.pace = new Pace(isSlow);
  }

  /** Runs a step with a buffer of `length` bytes, which is wiped after it. */
  async with<T>(length: number, step: (buffer: Buffer) => Promise<T>): Promise<T> {
    const buffer = await this.#take();
    const used = buffer.subarray(0, length);
    try {
      return await step(used);
    } finally {
      system.wipe(used);
      this.#free.push(buffer);
      this.#waiting.shift()?.();
    }
  }

  async #take(): Promise<Buffer> {
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) return free;
      if (this.#made < slotsInFlight) {
        this.#made += 1;
        return system.plaintext(slotBytes);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
