/** The content of a generated file as its readers see it. */
import { nowNanoseconds } from '../../common/time.js';

export interface Snapshot {
  readonly content: Buffer;
  /** Nanoseconds since 1970; no two snapshots of a file have the same. */
  readonly time: bigint;
}

/** An open snapshot keeps its place this long against younger ones: a kernel without direct I/O shows all readers one size. */
const openHold = 10_000;
/** The kernel counts from when it gets an answer, which is after it was made. */
const margin = 200;

/**
 * Takes snapshots, and hands out the last one again while the kernel may still hold its size: a younger, longer
 * content would be cut there.
 */
export class SnapshotKeeper {
  readonly #content: () => Buffer | Promise<Buffer>;
  /** How long the kernel keeps attributes, in milliseconds; 0 with direct I/O. */
  readonly #hold: number;
  #last: Promise<Snapshot> | null = null;
  #taken = 0;
  #promised = 0;
  #lastTime = 0n;
  #open = 0;

  constructor(content: () => Buffer | Promise<Buffer>, hold: number) {
    this.#content = content;
    this.#hold = hold;
  }

  /** The snapshot whose size and time the kernel is told now, in place of what it knew. */
  async current(): Promise<Snapshot> {
    const now = performance.now();
    const last = this.#last;
    const snapshot = last !== null && now - this.#taken < this.#keep() ? last : this.#take(now);
    this.#promised = now;
    return snapshot;
  }

  /** The snapshot a reader gets: the one whose size the kernel still believes, if it does. */
  async open(): Promise<{ snapshot: Snapshot; close: () => void }> {
    const now = performance.now();
    const last = this.#last;
    const believed = last !== null && now - this.#promised < (this.#hold > 0 ? this.#hold + margin : 0);
    const snapshot = await (believed ? last : this.current());
    this.#open += 1;
    return {
      snapshot,
      close: () => {
        this.#open -= 1;
      },
    };
  }

  /** The kernel has dropped what it knew. */
  forget(): void {
    this.#last = null;
  }

  /** Milliseconds for which a snapshot serves further askers. */
  #keep(): number {
    return this.#open > 0 ? Math.max(this.#hold, this.#hold > 0 ? openHold : 0) : this.#hold;
  }

  #take(now: number): Promise<Snapshot> {
    const taken = this.#read();
    this.#last = taken;
    this.#taken = now;
    taken.catch(() => {
      if (this.#last === taken) this.#last = null;
    });
    return taken;
  }

  async #read(): Promise<Snapshot> {
    const content = await this.#content();
    const now = nowNanoseconds();
    this.#lastTime = now > this.#lastTime ? now : this.#lastTime + 1_000_000n;
    return { content, time: this.#lastTime };
  }
}
