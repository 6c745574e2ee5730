/** A verified snapshot, searched where it lies: no row becomes an object before it is asked for. */

import { ByteReader, MalformedBytes } from '../../common/bytes.js';
import { type CubeId, cubeIdFromBytes, cubeIdToBytes, type Namespace } from '../../common/ids.js';
import { Frontier } from '../../common/merkle.js';
import { newerFormat } from '../../common/newer-format.js';
import { readExtra } from './attributes-codec.js';
import { pick } from './code-table.js';
import { keyName } from './entry-name.js';
import { type Attributes, cubeFaults, inodeKinds, policyTags } from './records.js';
import {
  entryRow,
  indexRow,
  inodeRow,
  objectRow,
  quarantineRow,
  readU64,
  type SnapshotCounts,
  type SnapshotSections,
  snapshotMagic,
  snapshotSections,
  snapshotVersion,
} from './snapshot-layout.js';
import {
  type EntryState,
  type InodeState,
  inlineNode,
  type ObjectState,
  type QuarantineState,
  type TreeState,
} from './state.js';
import { storedBytesOf } from './stored-bytes.js';

const noExtra: Pick<Attributes, 'target' | 'xattrs'> = { target: null, xattrs: [] };

export class Snapshot implements TreeState {
  readonly #bytes: Buffer;
  readonly #at: SnapshotSections;
  readonly counts: SnapshotCounts;
  readonly nextInode: number;
  /** The log that this state is the outcome of. */
  readonly frontier: Frontier;

  /** Takes bytes whose root a head has signed. @throws MalformedBytes; SherinError FORMAT_NEWER */
  constructor(bytes: Buffer) {
    const input = new ByteReader(bytes);
    if (!input.bytes(8).equals(snapshotMagic)) throw new MalformedBytes('not a snapshot');
    const version = input.u32();
    if (version > snapshotVersion) throw newerFormat('the snapshot in manifest.db', version, snapshotVersion);
    if (version !== snapshotVersion) throw new MalformedBytes(`snapshot version ${version}`);
    input.u32();
    const size = input.u64();
    this.nextInode = input.u64();
    this.counts = {
      inodes: input.u64(),
      entries: input.u64(),
      objects: input.u64(),
      quarantine: input.u64(),
      heap: input.u64(),
    };
    const subtrees = Array.from({ length: Math.min(input.u32(), 64) }, () => {
      return input.bytes(32);
    });
    this.#bytes = bytes;
    this.#at = snapshotSections(this.counts);
    if (this.#at.bytes !== bytes.length) throw new MalformedBytes(`snapshot of ${bytes.length} bytes`);
    this.frontier = readFrontier(size, subtrees);
  }

  inode(ino: number): InodeState | undefined {
    if (ino >= this.nextInode) return undefined;
    const order = (row: number): number => readU64(this.#bytes, this.#inodeAt(row)) - ino;
    // Where no inode was ever deleted, the rows are the numbers from 1.
    const direct = ino - 1;
    if (direct >= 0 && direct < this.counts.inodes && order(direct) === 0) return this.inodeAt(direct);
    const row = this.#search(this.counts.inodes, order);
    return row === undefined ? undefined : this.inodeAt(row);
  }

  /** The inode in a row of the snapshot. */
  inodeAt(row: number): InodeState {
    const bytes = this.#bytes;
    const at = this.#inodeAt(row);
    const kind = pick(inodeKinds, bytes.readUInt8(at + 8), 'inode kind');
    const extra = bytes.readUInt32LE(at + 68);
    const directory = kind === 'directory';
    const { target, xattrs } =
      extra === 0 ? noExtra : readExtra(new ByteReader(this.#heap(readU64(bytes, at + 72), extra)), kind);
    return {
      ino: readU64(bytes, at),
      attributes: {
        kind,
        mode: bytes.readUInt16LE(at + 10),
        uid: bytes.readUInt32LE(at + 12),
        gid: bytes.readUInt32LE(at + 16),
        atime: bytes.readBigInt64LE(at + 24),
        mtime: bytes.readBigInt64LE(at + 32),
        ctime: bytes.readBigInt64LE(at + 40),
        target,
        xattrs,
      },
      nlink: bytes.readUInt32LE(at + 20),
      entries: directory ? readU64(bytes, at + 48) : 0,
      parent: directory ? readU64(bytes, at + 56) : 0,
      object: directory ? 0 : readU64(bytes, at + 48),
      version: bytes.readUInt32LE(at + 64),
      putIndex: directory ? -1 : readU64(bytes, at + 56) - 1,
    };
  }

  entry(parent: number, name: string): EntryState | undefined {
    if (parent >= this.nextInode) return undefined;
    const wanted = keyName(name);
    const row = this.#search(this.counts.entries, (row) => this.#compareEntry(row, parent, wanted));
    return row === undefined ? undefined : this.entryState(row);
  }

  *list(parent: number, after: string | null): Iterable<readonly [string, EntryState]> {
    const wanted = after === null ? Buffer.alloc(0) : keyName(after);
    const order = (row: number): number => this.#compareEntry(row, parent, wanted);
    let row = this.#lowerBound(this.counts.entries, order);
    if (after !== null && row < this.counts.entries && order(row) === 0) row += 1;
    for (; row < this.counts.entries && this.entryParent(row) === parent; row++) {
      yield [this.entryName(row), this.entryState(row)];
    }
  }

  *inodes(): Iterable<InodeState> {
    for (let row = 0; row < this.counts.inodes; row++) yield this.inodeAt(row);
  }

  *parents(): Iterable<number> {
    let last = 0;
    for (let row = 0; row < this.counts.entries; row++) {
      const parent = this.entryParent(row);
      if (parent !== last) yield parent;
      last = parent;
    }
  }

  /** An entry row without its name. */
  entryState(row: number): EntryState {
    const at = this.#entryAt(row);
    const code = this.#bytes.readUInt8(at + 23);
    return {
      ino: readU64(this.#bytes, at + 8),
      kind: pick(inodeKinds, code & 15, 'inode kind'),
      policy: pick(policyTags, code >> 4, 'policy tag'),
    };
  }

  /** The directory of an entry row. */
  entryParent(row: number): number {
    return readU64(this.#bytes, this.#entryAt(row));
  }

  /** The inode of an entry row. */
  entryInode(row: number): number {
    return readU64(this.#bytes, this.#entryAt(row) + 8);
  }

  /** The name of an entry row, as a key. */
  entryName(row: number): string {
    return this.#entryNameBytes(row).toString('latin1');
  }

  object(no: number): ObjectState | undefined {
    if (no < 1 || no > this.counts.objects) return undefined;
    const bytes = this.#bytes;
    const at = this.#objectAt(no);
    const nodeLength = bytes.readUInt32LE(at + 60);
    return {
      no,
      namespace: this.#namespace(at),
      date: bytes.readUInt32LE(at + 56),
      tag: this.#copy(at + 40, 16),
      length: readU64(bytes, at),
      root: this.#copy(at + 8, 32),
      node: this.#copy(
        ...this.#placeInHeap(readU64(bytes, at + 64), nodeLength > inlineNode ? 32 : nodeLength),
      ),
      nodeLength,
    };
  }

  objectLength(no: number): number | undefined {
    return no < 1 || no > this.counts.objects ? undefined : readU64(this.#bytes, this.#objectAt(no));
  }

  /** Without a copy of what it looks at: asked for each file of a listing. */
  storedBytes(no: number): number {
    if (no < 1 || no > this.counts.objects) return 0;
    const at = this.#objectAt(no);
    const nodeLength = this.#bytes.readUInt32LE(at + 60);
    const node = this.#heap(readU64(this.#bytes, at + 64), nodeLength > inlineNode ? 32 : nodeLength);
    return storedBytesOf({ node, nodeLength, length: readU64(this.#bytes, at) });
  }

  objectNumber(tag: Buffer, namespace: string): number | undefined {
    const number = (row: number): number => {
      const no = this.#bytes.readUInt32LE(this.#at.index + row * indexRow);
      if (no < 1 || no > this.counts.objects) throw new MalformedBytes(`object ${no} in the index`);
      return no;
    };
    // Four bytes of a tag tell nearly all of them apart, and numbers compare faster than buffers.
    const start = tag.readUInt32BE(0);
    const row = this.#search(this.counts.objects, (row) => {
      const at = this.#objectAt(number(row));
      const apart = this.#bytes.readUInt32BE(at + 40) - start;
      if (apart !== 0) return apart;
      const order = this.#bytes.compare(tag, 0, 16, at + 40, at + 56);
      return order !== 0 ? order : compareText(this.#namespace(at), namespace);
    });
    return row === undefined ? undefined : number(row);
  }

  quarantine(cube: CubeId): QuarantineState | undefined {
    const id = cubeIdToBytes(cube);
    const row = this.#search(this.counts.quarantine, (row) => {
      const at = this.#quarantineAt(row);
      return this.#bytes.compare(id, 0, 32, at, at + 32);
    });
    return row === undefined ? undefined : this.#quarantineState(row);
  }

  *quarantined(): Iterable<QuarantineState> {
    for (let row = 0; row < this.counts.quarantine; row++) yield this.#quarantineState(row);
  }

  /** Overwrites the bytes; the snapshot must not be used after. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  #quarantineState(row: number): QuarantineState {
    const at = this.#quarantineAt(row);
    return {
      cube: cubeIdFromBytes(this.#bytes.subarray(at, at + 32)),
      time: this.#bytes.readBigInt64LE(at + 32),
      reason: pick(cubeFaults, this.#bytes.readUInt8(at + 40), 'quarantine reason'),
    };
  }

  #compareEntry(row: number, parent: number, name: Buffer): number {
    const order = this.entryParent(row) - parent;
    return order !== 0 ? order : this.#entryNameBytes(row).compare(name);
  }

  #entryNameBytes(row: number): Buffer {
    const at = this.#entryAt(row);
    return this.#heap(this.#bytes.readUIntLE(at + 16, 6), this.#bytes.readUInt8(at + 22));
  }

  #namespace(objectAt: number): Namespace {
    const field = this.#bytes.subarray(objectAt + 72, objectAt + 88);
    const end = field.indexOf(0);
    return field.toString('latin1', 0, end < 0 ? 16 : end) as Namespace;
  }

  #heap(offset: number, length: number): Buffer {
    const [at] = this.#placeInHeap(offset, length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Position and length. */
  #placeInHeap(offset: number, length: number): [number, number] {
    if (offset + length > this.counts.heap) throw new MalformedBytes('reference past the heap');
    return [this.#at.heap + offset, length];
  }

  /** Without a view in between: of a file that is prepared there are three. */
  #copy(at: number, length: number): Buffer {
    const copy = Buffer.allocUnsafe(length);
    if (this.#bytes.copy(copy, 0, at, at + length) !== length)
      throw new MalformedBytes('reference past the end');
    return copy;
  }

  #inodeAt(row: number): number {
    return this.#at.inodes + row * inodeRow;
  }
  #entryAt(row: number): number {
    return this.#at.entries + row * entryRow;
  }
  #objectAt(no: number): number {
    return this.#at.objects + (no - 1) * objectRow;
  }
  #quarantineAt(row: number): number {
    return this.#at.quarantine + row * quarantineRow;
  }

  /** The row for which `order` is 0. */
  #search(rows: number, order: (row: number) => number): number | undefined {
    const row = this.#lowerBound(rows, order);
    return row < rows && order(row) === 0 ? row : undefined;
  }

  /** The first row whose order is not negative. */
  #lowerBound(rows: number, order: (row: number) => number): number {
    let [low, high] = [0, rows];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (order(middle) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function readFrontier(size: number, subtrees: readonly Buffer[]): Frontier {
  try {
    return new Frontier(size, subtrees);
  } catch (cause) {
    throw new MalformedBytes('frontier of the snapshot', { cause });
  }
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
