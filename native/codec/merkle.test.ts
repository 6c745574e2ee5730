import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRoot, leafHash, rootOfBlocks as reference, rootOfLeaves } from '../../common/merkle.js';
import { leafHashes, rootOfBlocks, rootOfHashes } from '../index.js';

describe('rootOfBlocks', () => {
  it('is SHA-256 of nothing for nothing', () => {
    expect(rootOfBlocks(Buffer.alloc(0))).toEqual(emptyRoot);
  });

  // Around every border: block, vertex (where sixteen lanes start), cube, odd counts on each level.
  it.each([
    1, 4095, 4096, 4097, 8192, 12288, 61440, 65535, 65536, 65537, 69632, 131072, 196608, 262143, 1048575,
    1048576, 3000000,
  ])('agrees with the tree in TypeScript at %i bytes', (size) => {
    const data = randomBytes(size);
    expect(rootOfBlocks(data)).toEqual(reference(data));
  });

  it('agrees at any length', () => {
    const data = randomBytes(300_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: data.length }),
        fc.integer({ min: 0, max: 4096 }),
        (end, start) => {
          const part = data.subarray(Math.min(start, end), end);
          return rootOfBlocks(part).equals(reference(part));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses what is no buffer', () => {
    expect(() => rootOfBlocks('text' as unknown as Buffer)).toThrow(TypeError);
    expect(() => rootOfBlocks(undefined as unknown as Buffer)).toThrow(TypeError);
  });
});

describe('rootOfHashes', () => {
  it('agrees with the tree in TypeScript for any number of them', () => {
    for (let count = 0; count <= 70; count++) {
      const leaves = Array.from({ length: count }, () => randomBytes(32));
      expect(rootOfHashes(Buffer.concat(leaves))).toEqual(rootOfLeaves(leaves));
    }
  });

  it('refuses what is no row of hashes', () => {
    expect(() => rootOfHashes(Buffer.alloc(33))).toThrow(RangeError);
    expect(() => rootOfHashes('text' as never)).toThrow(TypeError);
  });
});

describe('leafHashes', () => {
  it('are those of TypeScript, in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (leaves) => {
        expect(leafHashes(leaves)).toEqual(Buffer.concat(leaves.map((leaf) => leafHash(leaf))));
      }),
    );
  });

  it('refuse what is no array of buffers', () => {
    expect(() => leafHashes(Buffer.alloc(1) as never)).toThrow(TypeError);
    expect(() => leafHashes(['text'] as never)).toThrow(TypeError);
  });
});
