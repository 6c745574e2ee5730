/**
 * The log's Merkle tree in tiles of 256 hashes, as transparency logs keep it: tile (level, index) holds the roots of
 * 256 complete subtrees of 256^level leaves. Full tiles never change and stand in the database; the edge, what is not
 * full yet, stands in memory. Nothing in a tile is trusted: what is computed from tiles is checked against a head.
 */
import { emptyRoot, nodeHash } from '../../common/merkle.js';
import { splitPoint } from './proofs.js';

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

/** Gives the 256 hashes of a full tile. */
export type LoadTile = (level: number, index: number) => readonly Buffer[];

/** The not yet full tiles of a log: `levels[l]` has fewer than 256 hashes of level l. Immutable. */
export class TileEdge {
  readonly size: number;
  readonly #levels: readonly (readonly Buffer[])[];

  constructor(size = 0, levels: readonly (readonly Buffer[])[] = []) {
    this.size = size;
    this.#levels = levels;
  }

  /** The edge after more leaves, and the tiles that they filled. */
  append(leaves: readonly Buffer[]): { edge: TileEdge; tiles: Tile[] } {
    const levels = this.#levels.map((hashes) => [...hashes]);
    const tiles: Tile[] = [];
    let size = this.size;
    for (const leaf of leaves) {
      size += 1;
      let [level, hash] = [0, leaf];
      for (;;) {
        const hashes = levels[level] ?? [];
        levels[level] = hashes;
        hashes.push(hash);
        if (hashes.length < tileWidth) break;
        const root = foldRoots(hashes);
        const index = Math.floor(size / tileWidth ** (level + 1)) - 1;
        tiles.push({ level, index, root, hashes: Buffer.concat(hashes) });
        levels[level] = [];
        [level, hash] = [level + 1, root];
      }
    }
    return { edge: new TileEdge(size, levels), tiles };
  }

  root(): Buffer {
    let root: Buffer | undefined;
    for (const hashes of this.#levels) {
      // Lower levels lie right of higher ones; inside a level the tree splits at powers of two.
      const roots: Buffer[] = completeRuns(hashes);
      for (const left of roots.reverse()) root = root === undefined ? left : nodeHash(left, root);
    }
    return root ?? emptyRoot;
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
    const full = Math.floor(this.size / tileWidth ** (level + 1));
    const hashes = index < full ? load(level, index) : (this.#levels[level] ?? []);
    const at = first - index * tileWidth;
    return foldRoots(hashes.slice(at, at + 2 ** (log - level * tileLog)));
  }
}

export function splitTile(tile: Buffer): Buffer[] {
  return Array.from({ length: tile.length / 32 }, (_, i) => tile.subarray(i * 32, i * 32 + 32));
}

/** Root over a power of two of subtree roots. */
export function foldRoots(roots: readonly Buffer[]): Buffer {
  let row = roots;
  while (row.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i + 1 < row.length; i += 2)
      above.push(nodeHash(row[i] ?? emptyRoot, row[i + 1] ?? emptyRoot));
    row = above;
  }
  return row[0] ?? emptyRoot;
}

/** Roots of the complete subtrees of a row, largest (leftmost) first. */
function completeRuns(hashes: readonly Buffer[]): Buffer[] {
  const roots: Buffer[] = [];
  for (let at = 0; at < hashes.length; ) {
    const run = 2 ** Math.floor(Math.log2(hashes.length - at));
    roots.push(foldRoots(hashes.slice(at, at + run)));
    at += run;
  }
  return roots;
}
