/** Directories that programs have open: their entries as they were at the first call. */
import type { HandedListing } from '../handed.js';
import type { DirectoryEntry } from '../node.js';

const greatest = 2 ** 31 - 1;

export interface Listing {
  readonly entries: readonly DirectoryEntry[];
  /** Nothing was changed since: its names still stand for their inodes. */
  readonly present: boolean;
  /** The kernel keeps what it is given of it. */
  readonly cached: boolean;
}

interface Open {
  /** Inode number of the directory; null where it is not known. */
  readonly directory: number | null;
  readonly entries: readonly DirectoryEntry[];
  readonly changes: number;
  readonly cached: boolean;
}

/** What is opened, and what the kernel does with its entries (native/fuse-session.ts, answerOpendir). */
export interface OpenedListing {
  readonly handle: number;
  readonly cached: boolean;
  readonly kept: boolean;
}

/** Directories of which the kernel may have kept the entries. */
const mostKept = 20_000;

export class Listings {
  readonly #open = new Map<number, Open>();
  /** By inode number of the directory, the oldest first: the changes that there were when the kernel began to keep its entries. */
  readonly #kept = new Map<number, number>();
  #next = 1;
  #changes = 0;

  /** Something in some directory may be another now. */
  changed(): void {
    this.#changes += 1;
  }

  /** @param same every caller is shown the same, and the kernel is told of changes: it may keep the entries */
  add(directory: number, entries: readonly DirectoryEntry[], same: boolean): OpenedListing {
    const cached = same && !this.#isBehind(directory);
    const kept = cached && this.#kept.get(directory) === this.#changes;
    if (cached && !kept) this.#keep(directory);
    while (this.#open.has(this.#next)) this.#advance();
    const handle = this.#next;
    this.#open.set(handle, { directory, entries, changes: this.#changes, cached });
    this.#advance();
    return { handle, cached, kept };
  }

  /**
   * Somebody has the directory open as it was before a change. The kernel may be about to keep an answer that he got then, and nobody hears when:
   * until he closes it, nobody is shown what is kept.
   */
  #isBehind(directory: number): boolean {
    for (const open of this.#open.values()) {
      const concerned = open.directory === directory || open.directory === null;
      if (concerned && open.changes !== this.#changes) return true;
    }
    return false;
  }

  #keep(directory: number): void {
    this.#kept.delete(directory);
    this.#kept.set(directory, this.#changes);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
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
    // Names may have come to stand for others since, and the kernel may keep what it is given.
    this.#open.set(handle, { directory: null, entries, changes: this.#changes - 1, cached: true });
  }

  /** Who begins anew sees what is there now (rewinddir(3)). */
  renew(handle: number, entries: readonly DirectoryEntry[]): void {
    const open = this.#open.get(handle);
    if (open !== undefined) this.#open.set(handle, { ...open, entries, changes: this.#changes });
  }

  get(handle: number): Listing | undefined {
    const open = this.#open.get(handle);
    return open && { entries: open.entries, present: open.changes === this.#changes, cached: open.cached };
  }

  close(handle: number): void {
    this.#open.delete(handle);
  }

  #advance(): void {
    this.#next = this.#next === greatest ? 1 : this.#next + 1;
  }
}
