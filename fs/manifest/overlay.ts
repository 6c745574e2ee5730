/** Changes above another state: the log's tail above the snapshot, or a batch that is being checked above the tail. */
import type { CubeId } from '../../common/ids.js';
import { compareText } from './snapshot-reader.js';
import {
  type EntryState,
  type InodeState,
  merge,
  type ObjectState,
  type QuarantineState,
  type StateCounts,
  type TreeState,
} from './state.js';
import { storedBytesOf } from './stored-bytes.js';

/** Changed entries of one directory; null is gone. */
class DirectoryChanges {
  readonly byName = new Map<string, EntryState | null>();
  #sorted: readonly string[] = [];
  /** What `#sorted` lacks, and what it has too much. */
  readonly #fresh = new Set<string>();
  readonly #forgotten = new Set<string>();

  set(name: string, entry: EntryState | null): void {
    if (!this.byName.has(name) && !this.#forgotten.delete(name)) this.#fresh.add(name);
    this.byName.set(name, entry);
  }

  /** The name is no change any more. */
  forget(name: string): void {
    if (this.byName.delete(name) && !this.#fresh.delete(name)) this.#forgotten.add(name);
  }

  *after(after: string | null): Iterable<readonly [string, EntryState | null]> {
    if (this.#fresh.size + this.#forgotten.size > 0) {
      // A new array, so that iterations under way keep theirs; sorting what is mostly sorted is nearly linear.
      const kept = this.#sorted.filter((name) => !this.#forgotten.has(name));
      this.#sorted = [...kept, ...this.#fresh].sort(compareText);
      this.#fresh.clear();
      this.#forgotten.clear();
    }
    const names = this.#sorted;
    for (let i = after === null ? 0 : upperBound(names, after); i < names.length; i++) {
      const name = names[i];
      if (name !== undefined) yield [name, this.byName.get(name) ?? null];
    }
  }
}

export class Overlay implements TreeState {
  readonly base: TreeState;
  readonly #inodes = new Map<number, InodeState | null>();
  readonly #directories = new Map<number, DirectoryChanges>();
  readonly #objects = new Map<number, ObjectState>();
  readonly #objectNumbers = new Map<string, number>();
  readonly #quarantine = new Map<CubeId, QuarantineState | null>();
  /** The base never changes. */
  readonly #onSnapshot: boolean;
  #nextInode: number;
  #counts: StateCounts;

  constructor(base: TreeState) {
    this.base = base;
    this.#onSnapshot = !(base instanceof Overlay);
    this.#nextInode = base.nextInode;
    this.#counts = base.counts;
  }

  get nextInode(): number {
    return this.#nextInode;
  }
  get counts(): StateCounts {
    return this.#counts;
  }

  inode(ino: number): InodeState | undefined {
    const changed = this.#inodes.get(ino);
    return changed === undefined ? this.base.inode(ino) : (changed ?? undefined);
  }

  /** The entry as changed here, null when it is gone; undefined when it is as in the base. */
  changedEntry(parent: number, name: string): EntryState | null | undefined {
    return this.#directories.get(parent)?.byName.get(name);
  }

  entry(parent: number, name: string): EntryState | undefined {
    const changed = this.changedEntry(parent, name);
    return changed === undefined ? this.base.entry(parent, name) : (changed ?? undefined);
  }

  object(no: number): ObjectState | undefined {
    return this.#objects.get(no) ?? this.base.object(no);
  }

  objectLength(no: number): number | undefined {
    return this.#objects.get(no)?.length ?? this.base.objectLength(no);
  }

  storedBytes(no: number): number {
    const changed = this.#objects.get(no);
    return changed === undefined ? this.base.storedBytes(no) : storedBytesOf(changed);
  }

  objectNumber(tag: Buffer, namespace: string): number | undefined {
    return this.#objectNumbers.get(objectKey(tag, namespace)) ?? this.base.objectNumber(tag, namespace);
  }

  list(parent: number, after: string | null): Iterable<readonly [string, EntryState]> {
    const below = this.base.list(parent, after);
    const changes = this.#directories.get(parent);
    return changes === undefined ? below : merge(below, changes.after(after));
  }

  *inodes(): Iterable<InodeState> {
    const below = pairs(this.base.inodes(), (inode) => inode.ino);
    for (const [, inode] of merge(below, sorted(this.#inodes))) yield inode;
  }

  *parents(): Iterable<number> {
    const below = pairs(this.base.parents(), (parent) => parent);
    const changed = sorted(this.#directories);
    const here = pairs(changed, ([parent]) => parent);
    for (const [parent] of merge<number, unknown>(below, here)) {
      if ((this.inode(parent)?.entries ?? 0) > 0) yield parent;
    }
  }

  quarantine(cube: CubeId): QuarantineState | undefined {
    const changed = this.#quarantine.get(cube);
    return changed === undefined ? this.base.quarantine(cube) : (changed ?? undefined);
  }

  *quarantined(): Iterable<QuarantineState> {
    for (const state of this.base.quarantined()) if (!this.#quarantine.has(state.cube)) yield state;
    for (const state of this.#quarantine.values()) if (state !== null) yield state;
  }

  setInode(state: InodeState): void {
    const known = this.inode(state.ino) !== undefined;
    if (!known) this.#count({ inodes: 1 });
    this.#inodes.set(state.ino, state);
    this.#nextInode = Math.max(this.#nextInode, state.ino + 1);
  }

  removeInode(ino: number): void {
    this.#setGone(ino);
    this.#count({ inodes: -1 });
  }

  setEntry(parent: number, name: string, entry: EntryState): void {
    if (this.entry(parent, name) === undefined) this.#count({ entries: 1 });
    this.#directory(parent).set(name, entry);
  }

  removeEntry(parent: number, name: string): void {
    this.#setEntryGone(parent, name);
    this.#count({ entries: -1 });
  }

  setObject(state: ObjectState): void {
    if (state.no > this.#counts.objects) this.#count({ objects: 1 });
    this.#objects.set(state.no, state);
    this.#objectNumbers.set(objectKey(state.tag, state.namespace), state.no);
  }

  setQuarantine(cube: CubeId, state: QuarantineState | null): void {
    this.#quarantine.set(cube, state);
  }

  /** Takes over the changes of an overlay that stands on this one. */
  absorb(above: Overlay): void {
    for (const [ino, state] of above.#inodes) {
      if (state === null) this.#setGone(ino);
      else this.#inodes.set(ino, state);
    }
    for (const [parent, changes] of above.#directories) {
      const directory = this.#directory(parent);
      for (const [name, entry] of changes.byName) {
        if (entry === null) this.#setEntryGone(parent, name);
        else directory.set(name, entry);
      }
    }
    for (const [no, state] of above.#objects) this.#objects.set(no, state);
    for (const [key, no] of above.#objectNumbers) this.#objectNumbers.set(key, no);
    for (const [cube, state] of above.#quarantine) this.#quarantine.set(cube, state);
    this.#nextInode = above.#nextInode;
    this.#counts = above.#counts;
  }

  /** Entries that were set here, for who indexes them. */
  *changedEntries(): Iterable<{ parent: number; name: string; ino: number }> {
    for (const [parent, changes] of this.#directories) {
      for (const [name, entry] of changes.byName) if (entry !== null) yield { parent, name, ino: entry.ino };
    }
  }

  /** Inodes that were set here. */
  *changedInodes(): Iterable<InodeState> {
    for (const state of this.#inodes.values()) if (state !== null) yield state;
  }

  /** Overwrites link targets and extended attributes that were set here; the overlay is of no use any more. */
  wipe(): void {
    for (const { attributes } of this.changedInodes()) {
      attributes.target?.fill(0);
      for (const [name, value] of attributes.xattrs) {
        name.fill(0);
        value.fill(0);
      }
    }
    this.#inodes.clear();
    this.#directories.clear();
  }

  // What came and went above a snapshot leaves nothing: else each file that a task makes and gives away would lengthen every
  // listing of its directory until the next one. Not above another overlay, which may come to have what was made here.

  #setGone(ino: number): void {
    if (this.#onSnapshot && this.base.inode(ino) === undefined) this.#inodes.delete(ino);
    else this.#inodes.set(ino, null);
  }

  #setEntryGone(parent: number, name: string): void {
    const directory = this.#directory(parent);
    if (this.#onSnapshot && this.base.entry(parent, name) === undefined) directory.forget(name);
    else directory.set(name, null);
  }

  #directory(parent: number): DirectoryChanges {
    const known = this.#directories.get(parent);
    if (known !== undefined) return known;
    const changes = new DirectoryChanges();
    this.#directories.set(parent, changes);
    return changes;
  }

  #count(by: Partial<StateCounts>): void {
    const { inodes, entries, objects } = this.#counts;
    this.#counts = {
      inodes: inodes + (by.inodes ?? 0),
      entries: entries + (by.entries ?? 0),
      objects: objects + (by.objects ?? 0),
    };
  }
}

function objectKey(tag: Buffer, namespace: string): string {
  return `${tag.toString('latin1')}${namespace}`;
}

function sorted<K extends number, V>(map: ReadonlyMap<K, V>): (readonly [K, V])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function* pairs<K, V>(values: Iterable<V>, key: (value: V) => K): Iterable<readonly [K, V]> {
  for (const value of values) yield [key(value), value];
}

/** Position of the first name greater than `name`. */
function upperBound(names: readonly string[], name: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}
