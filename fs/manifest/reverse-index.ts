/**
 * The way back: from an inode to its links, from an object to its inodes. Built at the first question, kept up to date
 * after. What it remembers are candidates; the state decides which of them still hold.
 */
import type { Overlay } from './overlay.js';
import type { Snapshot } from './snapshot-reader.js';
import type { EntryState } from './state.js';

export interface Link {
  readonly parent: number;
  /** As a key. */
  readonly name: string;
}

/** A link as it stands now. */
export interface PresentLink extends Link {
  readonly entry: EntryState;
}

/** What answers the way back. */
export interface ReverseLookup {
  linksOf(ino: number): PresentLink[];
  /** Files whose content is this object. */
  inodesOf(object: number): number[];
}

/** Of a state that stands above another's: candidates are those of the other one and what was noted since. */
export class ReverseAbove implements ReverseLookup {
  readonly #below: ReverseLookup;
  readonly #state: Overlay;
  readonly #links = new Map<number, Map<string, Link>>();

  constructor(below: ReverseLookup, state: Overlay) {
    this.#below = below;
    this.#state = state;
  }

  /** An inode has got a name. */
  note(ino: number, link: Link): void {
    const known = this.#links.get(ino) ?? new Map<string, Link>();
    known.set(linkKey(link), link);
    this.#links.set(ino, known);
  }

  linksOf(ino: number): PresentLink[] {
    const noted = this.#links.get(ino);
    const links: PresentLink[] = [];
    for (const link of this.#below.linksOf(ino)) {
      const changed = this.#state.changedEntry(link.parent, link.name);
      const entry = changed === undefined ? link.entry : changed;
      if (entry?.ino !== ino) continue;
      if (noted?.has(linkKey(link)) !== true) links.push({ parent: link.parent, name: link.name, entry });
    }
    for (const { parent, name } of noted?.values() ?? []) {
      const entry = this.#state.entry(parent, name);
      if (entry?.ino === ino) links.push({ parent, name, entry });
    }
    return links;
  }

  inodesOf(object: number): number[] {
    return this.#below.inodesOf(object).filter((ino) => this.#state.inode(ino)?.object === object);
  }
}

export class ReverseIndex implements ReverseLookup {
  readonly #snapshot: Snapshot | null;
  readonly #state: Overlay;
  /** Entry rows of the snapshot by inode, inode rows by object. */
  #entryRows: SortedRows | null = null;
  #inodeRows: SortedRows | null = null;
  /** Of the overlay: inode → {@link linkKey} → link, object → inodes. */
  #links: Map<number, Map<string, Link>> | null = null;
  #inodes: Map<number, Set<number>> | null = null;

  constructor(snapshot: Snapshot | null, state: Overlay) {
    this.#snapshot = snapshot;
    this.#state = state;
  }

  linksOf(ino: number): PresentLink[] {
    const links: PresentLink[] = [];
    const changed = this.#changedLinks().get(ino);
    const seen = changed && new Set<string>();
    const snapshot = this.#snapshot;
    for (const row of this.#snapshotEntries().find(ino)) {
      if (snapshot === null) break;
      const link = { parent: snapshot.entryParent(row), name: snapshot.entryName(row) };
      const other = this.#state.changedEntry(link.parent, link.name);
      const entry = other === undefined ? snapshot.entryState(row) : other;
      if (entry?.ino === ino) links.push({ parent: link.parent, name: link.name, entry });
      seen?.add(linkKey(link));
    }
    for (const [key, link] of changed ?? []) {
      const entry = this.#state.entry(link.parent, link.name);
      if (entry?.ino !== ino) changed?.delete(key);
      else if (seen?.has(key) !== true) links.push({ parent: link.parent, name: link.name, entry });
    }
    return links;
  }

  inodesOf(object: number): number[] {
    const holds = (ino: number): boolean => this.#state.inode(ino)?.object === object;
    const found = new Set<number>();
    for (const row of this.#snapshotInodes().find(object)) {
      const ino = this.#snapshot?.inodeAt(row).ino ?? 0;
      if (holds(ino)) found.add(ino);
    }
    const changed = this.#changedInodes().get(object);
    for (const ino of changed ?? []) {
      if (holds(ino)) found.add(ino);
      else changed?.delete(ino);
    }
    return [...found];
  }

  /** Takes note of a batch before the state absorbs it. */
  note(batch: Overlay): void {
    if (this.#links !== null) noteLinks(this.#links, batch);
    if (this.#inodes !== null) noteInodes(this.#inodes, batch);
  }

  #snapshotEntries(): SortedRows {
    const snapshot = this.#snapshot;
    this.#entryRows ??= new SortedRows(
      snapshot?.counts.entries ?? 0,
      (row) => snapshot?.entryInode(row) ?? 0,
    );
    return this.#entryRows;
  }

  #snapshotInodes(): SortedRows {
    const snapshot = this.#snapshot;
    this.#inodeRows ??= new SortedRows(
      snapshot?.counts.inodes ?? 0,
      (row) => snapshot?.inodeAt(row).object ?? 0,
    );
    return this.#inodeRows;
  }

  #changedLinks(): Map<number, Map<string, Link>> {
    this.#links ??= noteLinks(new Map(), this.#state);
    return this.#links;
  }

  #changedInodes(): Map<number, Set<number>> {
    this.#inodes ??= noteInodes(new Map(), this.#state);
    return this.#inodes;
  }
}

/** Row numbers in the order of a number that each row holds. */
class SortedRows {
  readonly #keys: Float64Array;
  readonly #rows: Uint32Array;

  constructor(count: number, key: (row: number) => number) {
    const keys = Float64Array.from({ length: count }, (_, row) => key(row));
    this.#rows = Uint32Array.from({ length: count }, (_, row) => row).sort(
      (a, b) => (keys[a] ?? 0) - (keys[b] ?? 0),
    );
    this.#keys = Float64Array.from(this.#rows, (row) => keys[row] ?? 0);
  }

  *find(key: number): Iterable<number> {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    for (; low < this.#keys.length && this.#keys[low] === key; low++) yield this.#rows[low] ?? 0;
  }
}

function linkKey({ parent, name }: Link): string {
  return `${parent}/${name}`;
}

function noteLinks(links: Map<number, Map<string, Link>>, changes: Overlay): Map<number, Map<string, Link>> {
  for (const { parent, name, ino } of changes.changedEntries()) {
    const known = links.get(ino) ?? new Map<string, Link>();
    known.set(linkKey({ parent, name }), { parent, name });
    links.set(ino, known);
  }
  return links;
}

function noteInodes(inodes: Map<number, Set<number>>, changes: Overlay): Map<number, Set<number>> {
  for (const { ino, object } of changes.changedInodes()) {
    if (object === 0) continue;
    const known = inodes.get(object) ?? new Set<number>();
    known.add(ino);
    inodes.set(object, known);
  }
  return inodes;
}
