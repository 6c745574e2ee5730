/** Directories that programs have open: their entries as they were at the first call. */
import type { HandedListing } from '../handed.js';
import type { DirectoryEntry } from '../node.js';

const greatest = 2 ** 31 - 1;

export interface Listing {
  readonly entries: readonly DirectoryEntry[];
  /** Nothing was changed since: its names still stand for their inodes. */
  readonly present: boolean;
}

export class Listings {
  readonly #open = new Map<
    number,
    { readonly entries: readonly DirectoryEntry[]; readonly changes: number }
  >();
  #next = 1;
  #changes = 0;

  /** Something in some directory may be another now. */
  changed(): void {
    this.#changes += 1;
  }

  /** Returns a handle. */
  add(entries: readonly DirectoryEntry[]): number {
    while (this.#open.has(this.#next)) this.#advance();
    const handle = this.#next;
    this.#open.set(handle, { entries, changes: this.#changes });
    this.#advance();
    return handle;
  }

  /** What is open, for another process. */
  hand(): HandedListing[] {
    return [...this.#open].map(([handle, { entries }]) => ({
      handle,
      entries: entries.map(({ name, ino, kind }) => [name.toString('base64'), ino, kind]),
    }));
  }

  /** One that another process has opened. */
  restore(handle: number, entries: readonly DirectoryEntry[]): void {
    // Names may have come to stand for others since.
    this.#open.set(handle, { entries, changes: this.#changes - 1 });
  }

  /** Who begins anew sees what is there now (rewinddir(3)). */
  renew(handle: number, entries: readonly DirectoryEntry[]): void {
    if (this.#open.has(handle)) this.#open.set(handle, { entries, changes: this.#changes });
  }

  get(handle: number): Listing | undefined {
    const open = this.#open.get(handle);
    return open && { entries: open.entries, present: open.changes === this.#changes };
  }

  close(handle: number): void {
    this.#open.delete(handle);
  }

  #advance(): void {
    this.#next = this.#next === greatest ? 1 : this.#next + 1;
  }
}
