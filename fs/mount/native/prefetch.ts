/** Files that the session opens by itself: of a directory that was listed, what follows the file that is opened. */
import { type CubeRef, type FuseSession, preparedRecordBytes } from '../../../native/index.js';
import type { DirectoryEntry } from '../node.js';
import type { Caller, MountSource, OpenFile, PreparedFile } from '../source.js';
import type { NodeTable } from './node-table.js';

/** Files prepared at once. */
const batch = 128;
/** As many as the session keeps. */
const mostPrepared = 2_048;
/** Entries of the listings that are remembered. */
const mostListed = 20_000;

interface Listed {
  readonly entries: readonly DirectoryEntry[];
  /** Position in it by inode number. */
  readonly positions: Map<number, number>;
}

export class Prefetch {
  readonly #session: FuseSession;
  readonly #source: MountSource;
  readonly #nodes: NodeTable;
  /** By node number, oldest first. */
  readonly #prepared = new Map<number, PreparedFile>();
  /** By inode number of the directory, oldest first. */
  readonly #listed = new Map<number, Listed>();

  constructor(session: FuseSession, source: MountSource, nodes: NodeTable) {
    this.#session = session;
    this.#source = source;
    this.#nodes = nodes;
  }

  /** A program lists a directory. */
  listed(directory: number, entries: readonly DirectoryEntry[]): void {
    this.#listed.delete(directory);
    if (entries.length > mostListed) return;
    this.#listed.set(directory, { entries, positions: new Map() });
    let count = 0;
    for (const listed of this.#listed.values()) count += listed.entries.length;
    for (const [oldest, listed] of this.#listed) {
      if (count <= mostListed) break;
      this.#listed.delete(oldest);
      count -= listed.entries.length;
    }
  }

  /** A program has opened a file that was not prepared: prepares those that follow it in its directory. */
  async after(ino: number): Promise<void> {
    const tree = await this.#source.tree();
    for (const { parent } of tree.linksOf(ino)) {
      const listed = this.#listed.get(parent);
      if (listed !== undefined) this.#prepare(listed, ino);
    }
  }

  /** Content of a handle that the session has opened; undefined where it was withdrawn meanwhile. */
  opened(node: number, caller: Caller): OpenFile | undefined {
    return this.#prepared.get(node)?.opened(caller);
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

  #prepare({ entries, positions }: Listed, ino: number): void {
    if (positions.size === 0) entries.forEach((entry, at) => void positions.set(entry.ino, at));
    const first = (positions.get(ino) ?? entries.length) + 1;
    const records = Buffer.alloc(batch * preparedRecordBytes);
    let count = 0;
    let last: PreparedFile | null = null;
    for (const entry of entries.slice(first, first + batch)) {
      const node = this.#nodes.numberOf(entry.ino);
      const file = entry.kind !== 'file' || this.#prepared.has(node) ? null : this.#source.prepare(entry.ino);
      if (file === null) continue;
      writeRecord(records, count++, node, file.cube);
      this.#prepared.set(node, file);
      last = file;
    }
    for (const node of this.#prepared.keys()) {
      if (this.#prepared.size <= mostPrepared) break;
      this.#prepared.delete(node);
    }
    if (last === null) return;
    this.#session.prepare(last.reader, records.subarray(0, count * preparedRecordBytes));
  }
}

function writeRecord(records: Buffer, index: number, node: number, { id, root, length }: CubeRef): void {
  const at = index * preparedRecordBytes;
  records.writeDoubleLE(node, at);
  records.writeDoubleLE(length, at + 8);
  id.copy(records, at + 16);
  root.copy(records, at + 48);
}
