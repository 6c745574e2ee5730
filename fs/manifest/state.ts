/** The state of the tree as plain values, and what every layer of it answers: the snapshot and the overlays above. */
import type { CubeId, Namespace } from '../../common/ids.js';
import type { CubeFault } from '../../native/index.js';
import type { Attributes, InodeKind, PolicyTag } from './records.js';

export interface InodeState {
  readonly ino: number;
  readonly attributes: Attributes;
  /** Links; of a directory 2 + its subdirectories. */
  readonly nlink: number;
  /** Entries of a directory. */
  readonly entries: number;
  /** Where a directory is linked; 0: nowhere, the root. */
  readonly parent: number;
  /** Object of the last put; 0: none. */
  readonly object: number;
  /** Number of puts. */
  readonly version: number;
  /** Log index of the last put; −1: none. */
  readonly putIndex: number;
}

/** An inode with something changed. Field by field: spreading it is ten times slower, and each record of the log changes one to three. */
export function inodeWith(inode: InodeState, change: Partial<Omit<InodeState, 'ino'>>): InodeState {
  return {
    ino: inode.ino,
    attributes: change.attributes ?? inode.attributes,
    nlink: change.nlink ?? inode.nlink,
    entries: change.entries ?? inode.entries,
    parent: change.parent ?? inode.parent,
    object: change.object ?? inode.object,
    version: change.version ?? inode.version,
    putIndex: change.putIndex ?? inode.putIndex,
  };
}

export interface EntryState {
  readonly ino: number;
  readonly kind: InodeKind;
  readonly policy: PolicyTag;
}

export interface ObjectState {
  /** From 1, in the order of first puts. */
  readonly no: number;
  readonly namespace: Namespace;
  /** Of the first put. */
  readonly date: number;
  readonly tag: Buffer;
  readonly length: number;
  readonly root: Buffer;
  /** Root node of the last put or layout; its node ID when `nodeLength` exceeds {@link inlineNode}; {@link noNode} with length 0 once given up. */
  readonly node: Buffer;
  readonly nodeLength: number;
}

export interface QuarantineState {
  readonly cube: CubeId;
  readonly reason: CubeFault;
  readonly time: bigint;
}

/** Root nodes up to this many bytes are kept in memory, larger ones in the table `nodes`. */
export const inlineNode = 512;
/** In the place of a root node where the content was given up: no tree of any object, so that nothing reads it for one. */
export const noNode = Buffer.alloc(0);

/** Names are keys (see entry-name.ts). Iteration is in order. */
export interface TreeState {
  /** Above every inode number that was ever used. */
  readonly nextInode: number;
  readonly counts: StateCounts;
  inode(ino: number): InodeState | undefined;
  entry(parent: number, name: string): EntryState | undefined;
  object(no: number): ObjectState | undefined;
  /** Bytes of an object's content, without the rest of it. */
  objectLength(no: number): number | undefined;
  /** Bytes of an object without holes, as far as memory alone tells them: never too few. 0 for one that was given up, or is not there. */
  storedBytes(no: number): number;
  objectNumber(tag: Buffer, namespace: string): number | undefined;
  /** Entries of a directory by name, after one. */
  list(parent: number, after: string | null): Iterable<readonly [name: string, entry: EntryState]>;
  inodes(): Iterable<InodeState>;
  /** Directories that have entries. */
  parents(): Iterable<number>;
  quarantine(cube: CubeId): QuarantineState | undefined;
  /** In no order. */
  quarantined(): Iterable<QuarantineState>;
}

export interface StateCounts {
  readonly inodes: number;
  readonly entries: number;
  readonly objects: number;
}

/** How two overlapping ordered sequences of keys merge; `changed` wins, undefined there means gone. */
export function* merge<K extends string | number, V>(
  base: Iterable<readonly [K, V]>,
  changed: Iterable<readonly [K, V | null]>,
): Iterable<readonly [K, V]> {
  const below = base[Symbol.iterator]();
  let under = below.next();
  for (const [key, value] of changed) {
    for (; under.done !== true && under.value[0] < key; under = below.next()) yield under.value;
    if (under.done !== true && under.value[0] === key) under = below.next();
    if (value !== null) yield [key, value];
  }
  for (; under.done !== true; under = below.next()) yield under.value;
}
