/** Files that the session opens by itself: of a directory that was listed, what follows the file that is opened. */
import { type CubeRef, type FuseSession, preparedRecordBytes } from '../../../native/index.js';
import type { DirectoryEntry } from '../node.js';
import type { Caller, MountSource, OpenFile, PreparedFile } from '../source.js';
import type { NodeTable } from './node-table.js';

/** Files prepared at once. */
const batchFiles = 128;
/** As many as the session keeps. */
const mostPrepared = 2_048;
/** Entries of the listings that are remembered. */
const mostListed = 20_000;

interface Listed {
  readonly entries: readonly DirectoryEntry[];
  /** Position in it by inode number. */
  readonly positions: Map<number, number>;
}

/** Files of a listing that were prepared together. */
interface Batch {
  readonly listed: Listed;
  /** Position of the first one behind it. */
  readonly end: number;
  /** Those behind it are prepared, too. */
  continued: boolean;
}

interface Prepared {
  readonly file: PreparedFile;
  /** Of a file in the second half of a batch: who opens it comes to the end soon. */
  readonly nearEnd: Batch | null;
}

export class Prefetch {
  readonly #session: FuseSession;
  readonly #source: MountSource;
  readonly #nodes: NodeTable;
  /** By node number, oldest first. */
  readonly #prepared = new Map<number, Prepared>();
  /** By inode number of the directory, oldest first. */
  readonly #listed = new Map<number, Listed>();
  /** A program has read what was prepared: as it seems, it goes through directories. */
  #readThrough = false;

  constructor(session: FuseSession, source: MountSource, nodes: NodeTable) {
    this.#session = session;
    this.#source = source;
    this.#nodes = nodes;
  }

  /** A program lists a directory. */
  listed(directory: number, entries: readonly DirectoryEntry[]): void {
    this.#listed.delete(directory);
    if (entries.length > mostListed) return;
    const listing: Listed = { entries, positions: new Map() };
    this.#listed.set(directory, listing);
    let count = 0;
    for (const listed of this.#listed.values()) count += listed.entries.length;
    for (const [oldest, listed] of this.#listed) {
      if (count <= mostListed) break;
      this.#listed.delete(oldest);
      count -= listed.entries.length;
    }
    // Once: who lists without reading is not prepared a second directory.
    if (!this.#readThrough) return;
    this.#readThrough = false;
    this.#prepare(listing, 0);
  }

  /** A program has opened a file that was not prepared: prepares those that follow it in its directory. */
  async after(ino: number): Promise<void> {
    const tree = await this.#source.tree();
    for (const { parent } of tree.linksOf(ino)) {
      const listed = this.#listed.get(parent);
      if (listed !== undefined) this.#prepare(listed, positionAfter(listed, ino));
    }
  }

  /** Content of a handle that the session has opened; undefined where it was withdrawn meanwhile. */
  opened(node: number, caller: Caller): OpenFile | undefined {
    const prepared = this.#prepared.get(node);
    if (prepared === undefined) return undefined;
    const { file, nearEnd } = prepared;
    if (nearEnd?.continued === false) {
      nearEnd.continued = true;
      this.#readThrough = true;
      this.#prepare(nearEnd.listed, nearEnd.end);
    }
    return file.opened(caller);
  }

  drop(nodes: readonly number[]): void {
    this.#session.withdraw(nodes);
    // What was opened so far is recorded as it was prepared.
    this.#session.deliver();
    for (const node of nodes) this.#prepared.delete(node);
  }

  dropAll(): void {
    this.#session.withdraw(null);
    this.#session.deliver();
    this.#prepared.clear();
    this.#listed.clear();
  }

  #prepare(listed: Listed, first: number): void {
    const batch: Batch = { listed, end: first + batchFiles, continued: false };
    const found: { readonly node: number; readonly file: PreparedFile }[] = [];
    for (const entry of listed.entries.slice(first, batch.end)) {
      const node = this.#nodes.numberOf(entry.ino);
      const file = entry.kind !== 'file' || this.#prepared.has(node) ? null : this.#source.prepare(entry.ino);
      if (file !== null) found.push({ node, file });
    }
    const [some] = found;
    if (some === undefined) return;
    const records = Buffer.alloc(found.length * preparedRecordBytes);
    for (const [at, { node, file }] of found.entries()) {
      writeRecord(records, at, node, file.cube);
      this.#prepared.set(node, { file, nearEnd: at < found.length / 2 ? null : batch });
    }
    for (const node of this.#prepared.keys()) {
      if (this.#prepared.size <= mostPrepared) break;
      this.#prepared.delete(node);
    }
    this.#session.prepare(some.file.reader, records);
  }
}

function positionAfter({ entries, positions }: Listed, ino: number): number {
  if (positions.size === 0) entries.forEach((entry, at) => void positions.set(entry.ino, at));
  return (positions.get(ino) ?? entries.length) + 1;
}

function writeRecord(records: Buffer, index: number, node: number, { id, root, length }: CubeRef): void {
  const at = index * preparedRecordBytes;
  records.writeDoubleLE(node, at);
  records.writeDoubleLE(length, at + 8);
  id.copy(records, at + 16);
  root.copy(records, at + 48);
}
