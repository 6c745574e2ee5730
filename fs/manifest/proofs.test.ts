/** Tiles and proofs against the definitions of RFC 9162 section 2.1, computed with @noble/hashes. */
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../../common/merkle.js';
import {
  consistencyPath,
  inclusionPath,
  isConsistent,
  rootFromInclusion,
} from '../../common/merkle-proofs.js';
import { type LoadTile, splitHashes, type Tile, TileEdge, tileRows } from './tiles.js';

const data = (i: number): Buffer => Buffer.from(`record ${i}`);
const node = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(Buffer.concat([Buffer.from([1]), left, right]));

/** MTH of section 2.1.1, as written. */
function mth(from: number, to: number): Uint8Array {
  if (to - from === 0) return sha256(new Uint8Array(0));
  if (to - from === 1) return sha256(Buffer.concat([Buffer.from([0]), data(from)]));
  let k = 1;
  while (k * 2 < to - from) k *= 2;
  return node(mth(from, from + k), mth(from + k, to));
}

/** Whether a path proves leaf `index`: the tree is walked from its top, which is not how the code under test does it. */
function proves(index: number, from: number, to: number, path: Uint8Array[]): Uint8Array | null {
  if (to - from === 1)
    return path.length === 0 ? sha256(Buffer.concat([Buffer.from([0]), data(index)])) : null;
  let k = 1;
  while (k * 2 < to - from) k *= 2;
  const sibling = path.at(-1);
  if (sibling === undefined) return null;
  const left = index < from + k;
  const below = left
    ? proves(index, from, from + k, path.slice(0, -1))
    : proves(index, from + k, to, path.slice(0, -1));
  if (below === null) return null;
  return left ? node(below, sibling) : node(sibling, below);
}

/** A log of tiles, grown in batches. */
function grow(sizes: readonly number[]): {
  edge: TileEdge;
  load: LoadTile;
} {
  const tiles = new Map<string, Tile>();
  let edge = TileEdge.empty();
  for (const count of sizes) {
    const leaves = Array.from({ length: count }, (_, i) => leafHash(data(edge.size + i)));
    const grown = edge.append(leaves);
    for (const tile of grown.tiles) tiles.set(`${tile.level}/${tile.index}`, tile);
    edge = grown.edge;
  }
  const load = (level: number, index: number): ReturnType<LoadTile> => {
    const tile = tiles.get(`${level}/${index}`);
    if (tile === undefined) throw new Error(`tile ${level}/${index} is missing`);
    return tileRows(splitHashes(tile.hashes));
  };
  return { edge, load };
}

describe('tiles and proofs', () => {
  it('give the roots of the definition at every small size', () => {
    for (let size = 0; size <= 40; size++) {
      const { edge } = grow([size]);
      expect(edge.root()).toEqual(Buffer.from(mth(0, size)));
    }
  });

  it('prove inclusion and consistency at any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.nat(),
        (sizes, a, b) => {
          const { edge, load } = grow(sizes);
          const size = edge.size;
          const root = Buffer.from(mth(0, size));
          expect(edge.root()).toEqual(root);
          const range = (from: number, to: number): Buffer => edge.rangeRoot(from, to, load);

          const index = a % size;
          const path = inclusionPath(index, size, range);
          expect(Buffer.from(proves(index, 0, size, path) ?? [])).toEqual(root);
          expect(rootFromInclusion(index, size, leafHash(data(index)), path)).toEqual(root);
          const other = (index + 1) % size;
          if (other !== index)
            expect(rootFromInclusion(other, size, leafHash(data(index)), path)?.equals(root)).not.toBe(true);
          expect(rootFromInclusion(index, size, leafHash(data(index)), [...path, root])).toBeUndefined();

          const first = 1 + (b % size);
          const earlier = { size: first, root: Buffer.from(mth(0, first)) };
          const consistent = consistencyPath(first, size, range);
          expect(isConsistent(earlier, { size, root }, consistent)).toBe(true);
          expect(isConsistent({ size: first, root: leafHash(root) }, { size, root }, consistent)).toBe(false);
          if (first < size)
            expect(isConsistent(earlier, { size, root: leafHash(root) }, consistent)).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('reach over two levels of tiles', () => {
    const { edge, load } = grow([65_536 + 300]);
    const root = Buffer.from(mth(0, edge.size));
    expect(edge.root()).toEqual(root);
    for (const index of [0, 255, 256, 65_535, 65_536, 65_835]) {
      const path = inclusionPath(index, edge.size, (from, to) => edge.rangeRoot(from, to, load));
      expect(Buffer.from(proves(index, 0, edge.size, path) ?? [])).toEqual(root);
    }
  });
});
