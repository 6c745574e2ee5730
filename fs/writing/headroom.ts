/** Takes from programs only what the disk of the vault has space for once it is sealed. */
import { SherinError } from '../../common/errors.js';

/** Space that is not worth a wait for its measure, and less than which everything is to take as little as it can. */
const plentyBytes = 256 * 1024 * 1024;
const scarceBytes = 16 * 1024 * 1024;
/** A measure holds for so many bytes, or a quarter of the space, and so long. */
const strideBytes = 1024 * 1024;
const staleMs = 1_000;

export interface HeadroomParts {
  /** Bytes in memory that are in no cube. */
  readonly dirty: () => number;
  /** Bytes that are free on the disk of the vault, less its reserve. */
  readonly available: () => Promise<number>;
  /** Gives back what is not needed. */
  readonly makeRoom: () => Promise<void>;
}

export class Headroom {
  readonly #parts: HeadroomParts;
  /** Bytes that were left at the last measure, and those that were taken since. */
  #left = Number.POSITIVE_INFINITY;
  #taken = 0;
  /** Bytes that are being written, of which some are in memory. */
  #underWay = 0;
  #measured = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | null = null;
  #makingRoom: Promise<void> | null = null;

  constructor(parts: HeadroomParts) {
    this.#parts = parts;
  }

  /** There is little space, as far as is known. */
  get scarce(): boolean {
    return this.#bytes < scarceBytes;
  }

  /** As {@link scarce}, but what was scarce is measured again. */
  async isScarce(): Promise<boolean> {
    if (this.scarce && this.#isStale()) await this.#measure();
    return this.scarce;
  }

  /** Runs a step that writes so many bytes. @throws SherinError NO_SPACE before it; as the step */
  async during<T>(count: number, step: () => Promise<T>): Promise<T> {
    // Others may have taken it meanwhile.
    do await this.require(count);
    while (this.#bytes < count);
    this.#taken += count;
    this.#underWay += count;
    try {
      return await step();
    } finally {
      this.#underWay -= count;
    }
  }

  /** So many bytes are taken, without a wait. @returns whether there is plenty, as far as is known */
  take(count: number): boolean {
    this.#taken += count;
    if (this.#isStale()) void this.#measure();
    return this.#bytes >= plentyBytes;
  }

  /** There is space for so many bytes more. @throws SherinError NO_SPACE */
  async require(count: number): Promise<void> {
    if (this.#isStale()) {
      const measured = this.#measure();
      if (this.#measured < 0 || this.#bytes < plentyBytes) await measured;
    }
    if (this.#bytes < count) await this.#makeRoom();
    if (this.#bytes < count) throw new SherinError('NO_SPACE', { what: 'what is written' });
  }

  get #bytes(): number {
    return this.#left - this.#taken;
  }

  #isStale(): boolean {
    if (this.#taken > Math.max(strideBytes, this.#left / 4)) return true;
    return performance.now() - this.#measured > staleMs;
  }

  #measure(): Promise<void> {
    this.#measuring ??= this.#look().finally(() => {
      this.#measuring = null;
    });
    return this.#measuring;
  }

  async #look(): Promise<void> {
    const { available, dirty } = this.#parts;
    // Where it can not be told, who writes meets the disk itself.
    const bytes = await available().catch(() => Number.POSITIVE_INFINITY);
    this.#left = bytes - dirty() - this.#underWay;
    this.#taken = 0;
    this.#measured = performance.now();
  }

  /** For all who wait at once. */
  #makeRoom(): Promise<void> {
    this.#makingRoom ??= this.#makeAndMeasure().finally(() => {
      this.#makingRoom = null;
    });
    return this.#makingRoom;
  }

  async #makeAndMeasure(): Promise<void> {
    await this.#parts.makeRoom();
    // One that began before that does not know of it.
    await this.#measuring;
    await this.#measure();
  }
}
