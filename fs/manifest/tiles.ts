/**
 * The log's Merkle tree in tiles of 256 hashes, as transparency logs keep it: tile (level, index) holds the roots of
 * 256 complete subtrees of 256^level leaves. Full tiles never change and stand in the database; the edge, what is not
 * full yet, stands in memory. Nothing in a tile is trusted: what is computed from tiles is checked against a head.
 */
import { emptyRoot, Frontier, nodeHash } from '../../common/merkle.js';
import { splitPoint } from '../../common/merkle-proofs.js';
import { rootOfHashes } from '../../native/index.js';

export const tileWidth = 256;
const tileLog = 8;

export interface Tile {
  readonly level: number;
  readonly index: number;
  /** Root over its hashes. */
  readonly root: Buffer;
  /** 256 hashes of 32 bytes. */
  readonly hashes: Buffer;
}

/** Gives a full tile's tree: at position k the roots over 2^k hashes each. */
export type LoadTile = (level: number, index: number) => readonly (readonly Buffer[])[];

/** The not yet full tiles of a log: `rows[l]` has the hashes of level l, fewer than 256. Immutable. */
export class TileEdge {
  readonly size: number;
  readonly #rows: readonly (readonly Buffer[])[];

  private constructor(size: number, rows: readonly (readonly Buffer[])[]) {
    this.size = size;
    this.#rows = rows;
  }

  static empty(): TileEdge {
    return new TileEdge(0, []);
  }

  /** The edge of a log of this size, by level. */
  static of(size: number, levels: readonly (readonly Buffer[])[]): TileEdge {
    return new TileEdge(size, levels);
  }

  /** The edge after more leaves, and the tiles that they filled. */
  append(leaves: readonly Buffer[]): { edge: TileEdge; tiles: Tile[] } {
    const rows = [...this.#rows];
    const tiles: Tile[] = [];
    for (let level = 0, more = leaves; more.length > 0; level++) {
      const row = [...(rows[level] ?? []), ...more];
      const full = Math.floor(this.size / tileWidth ** (level + 1));
      const filled = Array.from({ length: Math.floor(row.length / tileWidth) }, (_, i): Tile => {
        const hashes = Buffer.concat(row.slice(i * tileWidth, (i + 1) * tileWidth));
        return { level, index: full + i, root: rootOfHashes(hashes), hashes };
      });
      tiles.push(...filled);
      rows[level] = row.slice(filled.length * tileWidth);
      more = filled.map(({ root }) => root);
    }
    return { edge: new TileEdge(this.size + leaves.length, rows), tiles };
  }

  /** Roots of the complete subtrees of the whole log, largest first. */
  frontier(): Frontier {
    return new Frontier(this.size, this.#rows.toReversed().flatMap(subtreesOf));
  }

  root(): Buffer {
    return this.frontier().root();
  }

  /** Root over leaves `from` (inclusive) to `to` (exclusive), for any range that a proof asks for. */
  rangeRoot(from: number, to: number, load: LoadTile): Buffer {
    const count = to - from;
    if (Number.isInteger(Math.log2(count))) return this.#subtree(from, Math.log2(count), load);
    const middle = from + splitPoint(count);
    return nodeHash(this.rangeRoot(from, middle, load), this.rangeRoot(middle, to, load));
  }

  /** Root of the complete subtree of 2^log leaves that begins at leaf `from`. */
  #subtree(from: number, log: number, load: LoadTile): Buffer {
    const level = Math.floor(log / tileLog);
    const first = from / tileWidth ** level;
    const index = Math.floor(first / tileWidth);
    const at = first - index * tileWidth;
    const run = 2 ** (log - level * tileLog);
    const full = Math.floor(this.size / tileWidth ** (level + 1));
    if (index < full) return load(level, index)[Math.log2(run)]?.[at / run] ?? emptyRoot;
    return tileRows(this.#rows[level]?.slice(at, at + run) ?? []).at(-1)?.[0] ?? emptyRoot;
  }
}

/** Roots of the complete subtrees over hashes that fill no tile, largest first. */
function subtreesOf(row: readonly Buffer[]): Buffer[] {
  const subtrees: Buffer[] = [];
  let at = 0;
  for (let run = tileWidth / 2; run >= 1; run /= 2) {
    if (row.length - at < run) continue;
    subtrees.push(rootOfHashes(Buffer.concat(row.slice(at, at + run))));
    at += run;
  }
  return subtrees;
}

/** Hashes that stand one behind the other. */
export function splitHashes(hashes: Buffer): Buffer[] {
  return Array.from({ length: hashes.length / 32 }, (_, i) => hashes.subarray(i * 32, i * 32 + 32));
}

/** The tree over a power of two of hashes: the hashes, then the roots over two, four, … of them. */
export function tileRows(hashes: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const rows = [hashes];
  for (let row = hashes; row.length > 1; ) {
    const above: Buffer[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) {
      above.push(nodeHash(row[i] ?? emptyRoot, row[i + 1] ?? emptyRoot));
    }
    rows.push(above);
    row = above;
  }
  return rows;
}
