import type { ChangedName, Invalidation } from '../../mount/driver.js';

/** What kernels have to drop, told in one go for all that comes within a turn of the event loop, or while the last is under way. */
export class ToldTogether {
  readonly #tell: (what: Exclude<Invalidation, 'all'>) => Promise<unknown>;
  #inodes = new Set<number>();
  #names: ChangedName[] = [];
  #telling = false;

  /** @param tell resolves when it is dropped */
  constructor(tell: (what: Exclude<Invalidation, 'all'>) => Promise<unknown>) {
    this.#tell = tell;
  }

  soon({ inodes, names = [] }: Exclude<Invalidation, 'all'>): void {
    for (const ino of inodes) this.#inodes.add(ino);
    this.#names.push(...names);
    if (!this.#telling) this.#next();
  }

  #next(): void {
    this.#telling = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    const [inodes, names] = [[...this.#inodes], this.#names];
    [this.#inodes, this.#names] = [new Set(), []];
    await this.#tell({ inodes, names });
    this.#telling = false;
    if (this.#inodes.size > 0 || this.#names.length > 0) this.#next();
  }
}
