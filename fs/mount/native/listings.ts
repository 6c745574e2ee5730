/** Directories that programs have open: their entries as they were at the first call. */
import type { DirectoryEntry } from '../node.js';

const greatest = 2 ** 31 - 1;

export class Listings {
  readonly #open = new Map<number, readonly DirectoryEntry[]>();
  #next = 1;

  /** Returns a handle. */
  add(entries: Iterable<DirectoryEntry>): number {
    while (this.#open.has(this.#next)) this.#advance();
    const handle = this.#next;
    this.#open.set(handle, [...entries]);
    this.#advance();
    return handle;
  }

  get(handle: number): readonly DirectoryEntry[] | undefined {
    return this.#open.get(handle);
  }

  close(handle: number): void {
    this.#open.delete(handle);
  }

  closeAll(): void {
    this.#open.clear();
  }

  #advance(): void {
    this.#next = this.#next === greatest ? 1 : this.#next + 1;
  }
}
