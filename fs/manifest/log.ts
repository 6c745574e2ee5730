/** The log in the database: records, their tiles, and what is proven from them. */
import { MalformedBytes } from '../../common/bytes.js';
import { SherinError } from '../../common/errors.js';
import { leafHash } from '../../common/merkle.js';
import {
  consistencyPath,
  inclusionPath,
  isConsistent,
  rootFromInclusion,
} from '../../common/merkle-proofs.js';
import { broken, type ManifestDatabase } from './database.js';
import { decodeRecord } from './record-codec.js';
import type { LogRecord, Mutation } from './records.js';
import { TileCache } from './tile-cache.js';
import { type Tile, TileEdge, tileWidth } from './tiles.js';

/** A log size and the Merkle root at it. */
export interface LogPoint {
  readonly size: number;
  readonly root: Buffer;
}

/** RFC 9162 section 2.1.3: that a record is in the log of this size and root. */
export interface InclusionProof extends LogPoint {
  readonly index: number;
  readonly path: Buffer[];
}

/** Rows of one read. */
const page = 512;
/** Tile (level, index) has the row ID level · 2^40 + index. */
export const levelStep = 2 ** 40;

export class Log {
  readonly #database: ManifestDatabase;
  readonly #tiles = new TileCache((level, index) => this.tile(level, index));

  constructor(database: ManifestDatabase) {
    this.#database = database;
  }

  /** Number that the next record would have; the signed size must equal it. */
  count(): number {
    const sql = 'SELECT coalesce((SELECT max(seq) FROM records) + 1, 0)';
    const [count] = (this.#database.get('reading the log', sql) ?? []) as [number];
    return count;
  }

  /** Stored records in order; nothing of them is verified yet. */
  *stored(from: number, to: number): Iterable<{ index: number; bytes: Buffer }> {
    for (let next = from; next < to; ) {
      const sql = 'SELECT seq, bytes FROM records WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT +?';
      const rows = this.#database.all('reading the log', sql, next, to, page);
      for (const [seq, bytes] of rows) {
        if (seq !== next || !Buffer.isBuffer(bytes)) throw broken(`record ${next} is missing`);
        yield { index: next++, bytes };
      }
      if (rows.length === 0) throw broken(`record ${next} is missing`);
    }
  }

  /** The not yet full tiles of the log; the tiles prove nothing, so where they fail the records tell. @throws SherinError MANIFEST_BROKEN */
  edge(head: LogPoint): TileEdge {
    const edge = this.#edgeOfTiles(head.size) ?? this.#edgeOfRecords(head.size);
    if (edge.root().equals(head.root)) return edge;
    const counted = this.#edgeOfRecords(head.size);
    if (!counted.root().equals(head.root)) throw broken('the records do not lead to the signed root');
    return counted;
  }

  /** All of the log, hashed. */
  #edgeOfRecords(size: number): TileEdge {
    let edge = TileEdge.empty();
    for (let from = 0; from < size; from += page)
      edge = edge.append(this.#leaves(from, Math.min(from + page, size))).edge;
    return edge;
  }

  /** From the roots of full tiles and the records behind them; undefined where they are not so many as there should be. */
  #edgeOfTiles(size: number): TileEdge | undefined {
    const levels: Buffer[][] = [];
    for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / tileWidth)) {
      const from = Math.floor(count / tileWidth) * tileWidth;
      levels.push(level === 0 ? this.#leaves(from, count) : this.#tileRoots(level - 1, from, count));
    }
    return levels.every(
      (hashes, level) => hashes.length === Math.floor(size / tileWidth ** level) % tileWidth,
    )
      ? TileEdge.of(size, levels)
      : undefined;
  }

  /** Writes records and the tiles that they filled; inside a transaction. */
  append(first: number, records: readonly Buffer[], tiles: readonly Tile[]): void {
    const insert = this.#database.statement('INSERT INTO records (seq, bytes) VALUES (?, ?)');
    records.forEach((bytes, i) => {
      insert.run(first + i, bytes);
    });
    const keep = this.#database.statement('INSERT INTO tiles (id, root, hashes) VALUES (?, ?, ?)');
    for (const { level, index, root, hashes } of tiles) keep.run(level * levelStep + index, root, hashes);
  }

  /** Lists the puts of a batch by inode; inside a transaction. */
  indexPuts(first: number, mutations: readonly Mutation[]): void {
    const insert = this.#database.statement('INSERT INTO puts (inode, seq) VALUES (?, ?)');
    mutations.forEach((mutation, i) => {
      if (mutation.type === 'put') insert.run(mutation.inode, first + i);
    });
  }

  /** Log indexes of an inode's puts, ascending; nothing of it is verified. */
  *putsOf(inode: number): Iterable<number> {
    const sql = 'SELECT seq FROM puts WHERE inode = ? AND seq > ? ORDER BY seq LIMIT +?';
    for (let last = -1; ; ) {
      const rows = this.#database.all('reading versions', sql, inode, last, page) as [number][];
      for (const [seq] of rows) yield seq;
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end[0];
    }
  }

  listsPut(inode: number, index: number): boolean {
    const sql = 'SELECT 1 FROM puts WHERE inode = ? AND seq = ?';
    return this.#database.get('reading versions', sql, inode, index) !== undefined;
  }

  /** A record, verified against the head's root. @throws SherinError MANIFEST_BROKEN, RangeError past the end */
  record(index: number, head: LogPoint, edge: TileEdge): LogRecord {
    return decode(index, this.recordBytes(index, head, edge));
  }

  /** A record as the leaf that it is, proven as {@link record}. */
  recordBytes(index: number, head: LogPoint, edge: TileEdge): Buffer {
    return this.#proven(index, head, edge).bytes;
  }

  /** @throws SherinError MANIFEST_BROKEN when record and tiles do not prove anything, RangeError past the end */
  proof(index: number, head: LogPoint, edge: TileEdge): InclusionProof {
    const { path } = this.#proven(index, head, edge);
    return { index, size: head.size, root: head.root, path };
  }

  /** That the log begins with the one of an earlier head. @throws SherinError ROLLBACK, MANIFEST_BROKEN */
  requireExtends(earlier: LogPoint, head: LogPoint, edge: TileEdge): void {
    if (head.size < earlier.size) {
      throw new SherinError('ROLLBACK', {
        part: `its log has ${head.size} records, one of ${earlier.size} was seen before`,
      });
    }
    if (earlier.size === 0) return;
    const path = consistencyPath(earlier.size, head.size, (from, to) => this.#range(from, to, edge));
    if (isConsistent(earlier, head, path)) return;
    throw new SherinError('ROLLBACK', {
      part: `its log of ${head.size} records does not continue the one of ${earlier.size} records seen before`,
    });
  }

  /** Hashes of a full tile. @throws SherinError MANIFEST_BROKEN when it is missing */
  tile(level: number, index: number): Buffer {
    const sql = 'SELECT hashes FROM tiles WHERE id = ?';
    const [hashes] = this.#database.get('reading a tile', sql, level * levelStep + index) ?? [];
    if (!Buffer.isBuffer(hashes) || hashes.length !== tileWidth * 32) throw broken(`tile ${level}/${index}`);
    return hashes;
  }

  #proven(index: number, head: LogPoint, edge: TileEdge): { bytes: Buffer; path: Buffer[] } {
    if (!Number.isSafeInteger(index) || index < 0 || index >= head.size)
      throw new RangeError(`record ${index}`);
    const [stored] = this.stored(index, index + 1);
    if (stored === undefined) throw broken(`record ${index} is missing`);
    const path = inclusionPath(index, head.size, (from, to) => this.#range(from, to, edge));
    const root = rootFromInclusion(index, head.size, leafHash(stored.bytes), path);
    if (root?.equals(head.root) !== true) throw broken(`record ${index} is not the one that was signed`);
    return { bytes: stored.bytes, path };
  }

  #range(from: number, to: number, edge: TileEdge): Buffer {
    return edge.rangeRoot(from, to, (level, index) => this.#tiles.rows(level, index));
  }

  #leaves(from: number, to: number): Buffer[] {
    return Array.from(this.stored(from, to), ({ bytes }) => leafHash(bytes));
  }

  #tileRoots(level: number, from: number, to: number): Buffer[] {
    const base = level * levelStep;
    const sql = 'SELECT root FROM tiles WHERE id >= ? AND id < ? ORDER BY id';
    const rows = this.#database.all('reading tiles', sql, base + from, base + to);
    return rows.flatMap(([root]) => (Buffer.isBuffer(root) && root.length === 32 ? [root] : []));
  }
}

/** Decodes a record whose hash was verified. @throws SherinError MANIFEST_BROKEN */
export function decode(index: number, bytes: Buffer): LogRecord {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    if (error instanceof MalformedBytes) throw broken(`record ${index}: ${error.message}`, error);
    throw error;
  }
}
