/** What the kernel may hold of the mount, as far as libfuse lets one know. */

/** libfuse numbers its nodes from 1, the root. */
const rootNode = 1;

export class KernelKnowledge {
  readonly #attributeTimeout: number;
  /** Inodes opened since the cache was last dropped: the kernel may have pages of them. */
  readonly #opened = new Set<number>();
  /** Inodes whose attributes it was told in this and in the last period of `attributeTimeout`. */
  #told = new Set<number>();
  #toldBefore = new Set<number>();
  #period = 0;
  #lookups = rootNode;

  constructor(attributeTimeout: number) {
    this.#attributeTimeout = attributeTimeout;
  }

  /** No node ID is greater: a look-up makes one node at most, and each asks for attributes. */
  get greatestNode(): number {
    return this.#lookups;
  }

  told(ino: number): void {
    this.#lookups += 1;
    this.#turn();
    this.#told.add(ino);
  }

  opened(ino: number): void {
    this.#opened.add(ino);
  }

  /** True when the kernel may hold pages or attributes of the inode. */
  mayHold(ino: number): boolean {
    this.#turn();
    return this.#opened.has(ino) || this.#told.has(ino) || this.#toldBefore.has(ino);
  }

  /** All was dropped; files that are open now may come back. */
  dropped(open: ReadonlySet<number>): void {
    this.#opened.clear();
    for (const ino of open) this.#opened.add(ino);
  }

  #turn(): void {
    const period = Math.floor(performance.now() / this.#attributeTimeout);
    if (period === this.#period) return;
    this.#toldBefore = period === this.#period + 1 ? this.#told : new Set();
    this.#told = new Set();
    this.#period = period;
  }
}
