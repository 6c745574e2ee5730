/**
 * The log's Merkle tree in tiles of 256 hashes, as transparency logs keep it: tile (level, index) holds the roots of
 * 256 complete subtrees of 256^level leaves. Full tiles never change and stand in the database; the edge, what is not
 * full yet, stands in memory. Nothing in a tile is trusted: what is computed from tiles is checked against a head.
 */
import { emptyRoot, Frontier, nodeHash } from '../../common/merkle.js';
import { splitPoint } from '../../common/merkle-proofs.js';

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

/** One level of the edge: fewer than 256 hashes, and the tree over them. */
interface Row {
  readonly hashes: Buffer[];
  readonly frontier: Frontier;
}

/** The not yet full tiles of a log: `rows[l]` has the hashes of level l. Immutable. */
export class TileEdge {
  readonly size: number;
  readonly #rows: readonly Row[];

  private constructor(size: number, rows: readonly Row[]) {
    this.size = size;
    this.#rows = rows;
  }

  static empty(): TileEdge {
    return new TileEdge(0, []);
  }

  /** The edge of a log of this size, by level. */
  static of(size: number, levels: readonly (readonly Buffer[])[]): TileEdge {
    const rows = levels.map((hashes) => {
      const frontier = new Frontier();
      for (const hash of hashes) frontier.append(hash);
      return { hashes: [...hashes], frontier };
    });
    return new TileEdge(size, rows);
  }

  /** The edge after more leaves, and the tiles that they filled. */
  append(leaves: readonly Buffer[]): { edge: TileEdge; tiles: Tile[] } {
    const rows = this.#rows.map(({ hashes, frontier }) => ({
      hashes: [...hashes],
      frontier: frontier.clone(),
    }));
    const tiles: Tile[] = [];
    let size = this.size;
    for (const leaf of leaves) {
      size += 1;
      let [level, hash] = [0, leaf];
      for (;;) {
        const row = rows[level] ?? emptyRow();
        rows[level] = row;
        row.hashes.push(hash);
        row.frontier.append(hash);
        if (row.hashes.length < tileWidth) break;
        const root = row.frontier.root();
        const index = Math.floor(size / tileWidth ** (level + 1)) - 1;
        tiles.push({ level, index, root, hashes: Buffer.concat(row.hashes) });
        rows[level] = emptyRow();
        [level, hash] = [level + 1, root];
      }
    }
    return { edge: new TileEdge(size, rows), tiles };
  }

  /** Roots of the complete subtrees of the whole log, largest first. */
  frontier(): Frontier {
    return new Frontier(
      this.size,
      this.#rows.toReversed().flatMap(({ frontier }) => frontier.subtrees),
    );
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
    return tileRows(this.#rows[level]?.hashes.slice(at, at + run) ?? []).at(-1)?.[0] ?? emptyRoot;
  }
}

function emptyRow(): Row {
  return { hashes: [], frontier: new Frontier() };
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
