/** Lays a state out as a snapshot (FORMAT.md, "Snapshot"). */
import { ByteWriter } from '../../common/bytes.js';
import { cubeIdToBytes } from '../../common/ids.js';
import type { Frontier } from '../../common/merkle.js';
import { writeExtra } from './attributes-codec.js';
import { keyName } from './entry-name.js';
import { cubeFaults, inodeKinds, policyTags } from './records.js';
import {
  entryRow,
  indexRow,
  inodeRow,
  objectRow,
  quarantineRow,
  type SnapshotCounts,
  type SnapshotSections,
  snapshotMagic,
  snapshotSections,
  snapshotVersion,
  writeU64,
} from './snapshot-layout.js';
import { compareText } from './snapshot-reader.js';
import type { EntryState, InodeState, ObjectState, QuarantineState, TreeState } from './state.js';

/** The snapshot of a state that is the outcome of the log with this frontier: the same state, the same bytes. */
export function writeSnapshot(state: TreeState, frontier: Frontier): Buffer {
  const quarantine = [...state.quarantined()].sort((a, b) =>
    cubeIdToBytes(a.cube).compare(cubeIdToBytes(b.cube)),
  );
  const writer = new SnapshotWriter({ ...state.counts, quarantine: quarantine.length });
  for (const inode of state.inodes()) writer.inode(inode);
  for (const parent of state.parents()) {
    for (const [name, entry] of state.list(parent, null)) writer.entry(parent, name, entry);
  }
  for (const object of objects(state)) writer.object(object);
  writer.index(state);
  for (const entry of quarantine) writer.quarantine(entry);
  return writer.done(frontier, state.nextInode);
}

function* objects(state: TreeState): Iterable<ObjectState> {
  for (let no = 1; no <= state.counts.objects; no++) {
    const object = state.object(no);
    if (object === undefined) throw new RangeError(`object ${no} is missing`);
    yield object;
  }
}

const noBytes = Buffer.alloc(0);

/** Link target and extended attributes; nothing when there are none. */
function extraBytes({ attributes }: InodeState): Buffer {
  if (attributes.target === null && attributes.xattrs.length === 0) return noBytes;
  const out = new ByteWriter();
  writeExtra(out, attributes);
  return out.done();
}

type RowCounts = Omit<SnapshotCounts, 'heap'>;

class SnapshotWriter {
  /** Block 0 and the rows. */
  readonly #bytes: Buffer;
  readonly #counts: RowCounts;
  readonly #at: SnapshotSections;
  /** Rows written. */
  readonly #rows = { inodes: 0, entries: 0, objects: 0, quarantine: 0 };
  #heap = Buffer.allocUnsafe(65_536);
  #heapUsed = 0;

  constructor(counts: RowCounts) {
    this.#counts = counts;
    this.#at = snapshotSections({ ...counts, heap: 0 });
    this.#bytes = Buffer.alloc(this.#at.heap);
  }

  inode(inode: InodeState): void {
    const { attributes } = inode;
    const at = this.#at.inodes + this.#rows.inodes++ * inodeRow;
    const bytes = this.#bytes;
    const extra = extraBytes(inode);
    const directory = attributes.kind === 'directory';
    writeU64(bytes, inode.ino, at);
    bytes.writeUInt8(inodeKinds.indexOf(attributes.kind), at + 8);
    bytes.writeUInt16LE(attributes.mode, at + 10);
    bytes.writeUInt32LE(attributes.uid, at + 12);
    bytes.writeUInt32LE(attributes.gid, at + 16);
    bytes.writeUInt32LE(inode.nlink, at + 20);
    bytes.writeBigInt64LE(attributes.atime, at + 24);
    bytes.writeBigInt64LE(attributes.mtime, at + 32);
    bytes.writeBigInt64LE(attributes.ctime, at + 40);
    writeU64(bytes, directory ? inode.entries : inode.object, at + 48);
    writeU64(bytes, directory ? inode.parent : inode.putIndex + 1, at + 56);
    bytes.writeUInt32LE(inode.version, at + 64);
    bytes.writeUInt32LE(extra.length, at + 68);
    writeU64(bytes, this.#store(extra), at + 72);
  }

  entry(parent: number, key: string, entry: EntryState): void {
    const at = this.#at.entries + this.#rows.entries++ * entryRow;
    const name = keyName(key);
    writeU64(this.#bytes, parent, at);
    writeU64(this.#bytes, entry.ino, at + 8);
    this.#bytes.writeUIntLE(this.#store(name), at + 16, 6);
    this.#bytes.writeUInt8(name.length, at + 22);
    this.#bytes.writeUInt8(inodeKinds.indexOf(entry.kind) + policyTags.indexOf(entry.policy) * 16, at + 23);
  }

  object(object: ObjectState): void {
    const at = this.#at.objects + this.#rows.objects++ * objectRow;
    writeU64(this.#bytes, object.length, at);
    this.#bytes.set(object.root, at + 8);
    this.#bytes.set(object.tag, at + 40);
    this.#bytes.writeUInt32LE(object.date, at + 56);
    this.#bytes.writeUInt32LE(object.nodeLength, at + 60);
    writeU64(this.#bytes, this.#store(object.node), at + 64);
    this.#bytes.write(object.namespace, at + 72, 'ascii');
  }

  /** Object numbers by tag and namespace, taken from the rows just written. */
  index(state: TreeState): void {
    const tagAt = (no: number): number => this.#at.objects + (no - 1) * objectRow + 40;
    const tag = (no: number): Buffer => this.#bytes.subarray(tagAt(no), tagAt(no) + 16);
    const namespace = (no: number): string => state.object(no)?.namespace ?? '';
    const numbers = Uint32Array.from({ length: state.counts.objects }, (_, i) => i + 1);
    // Six bytes of a tag tell nearly all of them apart, and numbers compare faster than buffers.
    const starts = Float64Array.from(numbers, (no) => this.#bytes.readUIntBE(tagAt(no), 6));
    const byStart = (a: number, b: number): number => (starts[a - 1] ?? 0) - (starts[b - 1] ?? 0);
    numbers.sort(
      (a, b) => byStart(a, b) || tag(a).compare(tag(b)) || compareText(namespace(a), namespace(b)),
    );
    numbers.forEach((no, row) => {
      this.#bytes.writeUInt32LE(no, this.#at.index + row * indexRow);
    });
  }

  quarantine({ cube, time, reason }: QuarantineState): void {
    const at = this.#at.quarantine + this.#rows.quarantine++ * quarantineRow;
    this.#bytes.set(cubeIdToBytes(cube), at);
    this.#bytes.writeBigInt64LE(time, at + 32);
    this.#bytes.writeUInt8(cubeFaults.indexOf(reason), at + 40);
  }

  /** The snapshot, when every row that was announced was written. */
  done(frontier: Frontier, nextInode: number): Buffer {
    const { inodes, entries, objects, quarantine } = this.#counts;
    const rows = this.#rows;
    const complete =
      rows.inodes === inodes &&
      rows.entries === entries &&
      rows.objects === objects &&
      rows.quarantine === quarantine;
    if (!complete) throw new RangeError('the state does not agree with its counts');
    this.#header(frontier, nextInode);
    const { bytes, heap } = snapshotSections({ ...this.#counts, heap: this.#heapUsed });
    const snapshot = Buffer.alloc(bytes);
    this.#bytes.copy(snapshot);
    this.#heap.copy(snapshot, heap, 0, this.#heapUsed);
    return snapshot;
  }

  #header(frontier: Frontier, nextInode: number): void {
    const { inodes, entries, objects, quarantine } = this.#counts;
    const out = new ByteWriter().bytes(snapshotMagic).u32(snapshotVersion).u32(0);
    out.u64(frontier.size).u64(nextInode);
    out.u64(inodes).u64(entries).u64(objects).u64(quarantine).u64(this.#heapUsed);
    out.u32(frontier.subtrees.length);
    for (const subtree of frontier.subtrees) out.bytes(subtree);
    this.#bytes.set(out.done(), 0);
  }

  /** Appends to the heap and gives the offset. */
  #store(bytes: Buffer): number {
    const offset = this.#heapUsed;
    if (offset + bytes.length > this.#heap.length) {
      const larger = Buffer.allocUnsafe(this.#heap.length * 2 + bytes.length);
      this.#heap.copy(larger, 0, 0, offset);
      this.#heap = larger;
    }
    this.#heap.set(bytes, offset);
    this.#heapUsed += bytes.length;
    return offset;
  }
}
