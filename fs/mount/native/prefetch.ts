/** Files that the session opens by itself: of a directory that was listed, what follows the file that is opened. */
import { type CubeRef, type FuseSession, preparedRecordBytes } from '../../../native/index.js';
import type { DirectoryEntry } from '../node.js';
import type { Caller, MountSource, OpenFile, PreparedFile } from '../source.js';
import type { NodeTable } from './node-table.js';

/** Files prepared at once. */
const batchFiles = 128;
/** As many as the session keeps (native/fuse/grants.h). */
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
  /** Inode number of the directory: its listing may be forgotten meanwhile. */
  readonly directory: number;
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
  /** A program came to the middle of what was prepared: as it seems, it goes through directories. */
  #reachedMiddle = false;
  /** The directory that is prepared because it comes next, until one is listed. */
  #expected: number | null = null;
  /** What was opened is heard of in the middle of a withdrawal: no time to prepare. */
  #dropping = false;

  constructor(session: FuseSession, source: MountSource, nodes: NodeTable) {
    this.#session = session;
    this.#source = source;
    this.#nodes = nodes;
  }

  /** A program lists a directory. */
  listed(directory: number, entries: readonly DirectoryEntry[]): void {
    const expected = this.#expected === directory;
    this.#expected = null;
    if (!this.#remember(directory, entries)) return;
    // Once: who lists without reading is not prepared a second directory.
    if (!this.#reachedMiddle) return;
    this.#reachedMiddle = false;
    if (!expected) this.#prepare(directory, 0);
  }

  /** False where it has too many entries. */
  #remember(directory: number, entries: readonly DirectoryEntry[]): boolean {
    this.#listed.delete(directory);
    if (entries.length > mostListed) return false;
    this.#listed.set(directory, { entries, positions: new Map() });
    let count = 0;
    for (const listed of this.#listed.values()) count += listed.entries.length;
    for (const [oldest, listed] of this.#listed) {
      if (count <= mostListed) break;
      this.#listed.delete(oldest);
      count -= listed.entries.length;
    }
    return true;
  }

  /** A program has opened a file that was not prepared: prepares those that follow it in its directory. */
  async after(ino: number): Promise<void> {
    const tree = await this.#source.tree();
    for (const { parent } of tree.linksOf(ino)) {
      const listed = this.#listed.get(parent);
      if (listed === undefined) continue;
      const next = positionAfter(listed, ino);
      if (next >= listed.entries.length) this.#reachedMiddle = true;
      this.#prepare(parent, next);
    }
  }

  /** Content of a handle that the session has opened, on record now; undefined where it was withdrawn meanwhile. */
  opened(node: number, caller: Caller): OpenFile | undefined {
    const file = this.#prepared.get(node)?.file;
    file?.note(caller);
    return file?.content();
  }

  /** As {@link opened}, of a handle that is closed already; false where it was withdrawn. */
  passed(node: number, caller: Caller): boolean {
    const file = this.#prepared.get(node)?.file;
    file?.note(caller);
    return file !== undefined;
  }

  /** Goes on where a program came near the end of what was prepared. */
  reached(node: number): void {
    const batch = this.#prepared.get(node)?.nearEnd;
    if (batch?.continued !== false || this.#dropping) return;
    batch.continued = true;
    this.#reachedMiddle = true;
    this.#prepare(batch.directory, batch.end);
    if (batch.end >= (this.#listed.get(batch.directory)?.entries.length ?? 0))
      this.#prepareNext(batch.directory);
  }

  /**
   * The end of a directory is near: prepares the one behind it, where their parent was listed. Then that is done by the time a program lists it,
   * instead of while it waits.
   */
  #prepareNext(directory: number): void {
    const tree = this.#source.tree();
    if (tree instanceof Promise) return;
    const parent = tree.directory(directory)?.parent ?? 0;
    const siblings = this.#listed.get(parent);
    if (siblings === undefined) return;
    // Used last: its place is behind those that were listed since.
    this.#listed.delete(parent);
    this.#listed.set(parent, siblings);
    const { entries } = siblings;
    let at = positionAfter(siblings, directory);
    while (at < entries.length && entries[at]?.kind !== 'directory') at += 1;
    const next = entries[at]?.ino;
    if (next === undefined || tree.directory(next) === undefined) return;
    if (!this.#remember(next, [...tree.list(next)])) return;
    this.#expected = next;
    this.#prepare(next, 0);
  }

  drop(nodes: readonly number[]): void {
    this.#session.withdraw(nodes);
    this.#deliver();
    for (const node of nodes) this.#prepared.delete(node);
  }

  /** Files, or all, are about to lie elsewhere: whether they open without a decision is decided anew there. */
  moving(files: readonly number[] | 'all'): void {
    const nodes =
      files === 'all' ? [...this.#prepared.keys()] : files.map((ino) => this.#nodes.numberOf(ino));
    const withdrawn = nodes.filter((node) => this.#prepared.has(node));
    if (withdrawn.length > 0) this.drop(withdrawn);
  }

  dropAll(): void {
    this.#session.withdraw(null);
    this.#deliver();
    this.#prepared.clear();
    this.#listed.clear();
    this.#reachedMiddle = false;
    this.#expected = null;
  }

  /** What was opened so far is recorded as it was prepared, and leads to no more. */
  #deliver(): void {
    this.#dropping = true;
    try {
      this.#session.deliver();
    } finally {
      this.#dropping = false;
    }
  }

  #prepare(directory: number, first: number): void {
    const batch: Batch = { directory, end: first + batchFiles, continued: false };
    const found: { readonly node: number; readonly file: PreparedFile }[] = [];
    for (const entry of this.#listed.get(directory)?.entries.slice(first, batch.end) ?? []) {
      const node = this.#nodes.numberOf(entry.ino);
      const file = entry.kind !== 'file' || this.#prepared.has(node) ? null : this.#preparable(entry.ino);
      if (file !== null) found.push({ node, file });
    }
    const [some] = found;
    if (some === undefined) return;
    const records = Buffer.alloc(found.length * preparedRecordBytes);
    for (const [at, { node, file }] of found.entries()) {
      writeRecord(records, at, node, file.cube);
      this.#prepared.set(node, { file, nearEnd: at < Math.floor(found.length / 2) ? null : batch });
    }
    for (const node of this.#prepared.keys()) {
      if (this.#prepared.size <= mostPrepared) break;
      this.#prepared.delete(node);
    }
    this.#session.prepare(some.file.reader, records);
  }

  #preparable(ino: number): PreparedFile | null {
    try {
      return this.#source.prepare(ino);
    } catch {
      return null; // its open meets the same failure, and answers for it
    }
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
