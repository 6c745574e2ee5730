/** The content of a generated file as its readers see it. */
import { nowNanoseconds } from '../../common/time.js';

export interface Snapshot {
  readonly content: Buffer;
  /** Nanoseconds since 1970; no two snapshots of a file have the same. */
  readonly time: bigint;
}

/** Milliseconds for which a snapshot answers `stat`, even where the kernel keeps nothing: content is dear, and anyone may ask. */
const statHold = 1_000;
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

  /** The snapshot a reader gets: the one whose size the kernel still believes, if it does; with direct I/O a new one. */
  async open(): Promise<{ snapshot: Snapshot; close: () => void }> {
    const snapshot = await this.#forReader(performance.now());
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

  #forReader(now: number): Promise<Snapshot> {
    if (this.#hold === 0) return this.#take(now);
    const last = this.#last;
    return last !== null && now - this.#promised < this.#hold + margin ? last : this.current();
  }

  /** Milliseconds for which a snapshot serves further askers. */
  #keep(): number {
    return Math.max(this.#hold, this.#open > 0 && this.#hold > 0 ? openHold : statHold);
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
