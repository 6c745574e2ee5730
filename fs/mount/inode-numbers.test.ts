import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cubeIdFromBytes } from '../../common/ids.js';
import { cubeInode, foldInode, generatedInode } from './inode-numbers.js';

const cubeId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => cubeIdFromBytes(bytes));

describe('inode numbers', () => {
  it('keep generated trees apart from files and from each other', () => {
    const numbers = (['top', 'ids', 'cubes', 'quarantine', 'status'] as const).flatMap((tree) => [
      generatedInode(tree, 0),
      generatedInode(tree, 2 ** 48 - 1),
    ]);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of numbers) {
      expect(number).toBeGreaterThanOrEqual(2 ** 52);
      expect(Number.isSafeInteger(number)).toBe(true);
    }
  });

  it('are exact and never the directory itself for any cube', () => {
    fc.assert(
      fc.property(cubeId, (id) => {
        const ino = cubeInode('cubes', id);
        expect(Number.isSafeInteger(ino)).toBe(true);
        expect(ino).toBeGreaterThan(generatedInode('cubes', 0));
        expect(ino).toBeLessThan(generatedInode('quarantine', 0));
        expect(cubeInode('cubes', id)).toBe(ino);
      }),
    );
  });

  it('fold to 32 bits without 0, files as they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (ino) => {
        expect(foldInode(ino)).toBe(ino);
      }),
    );
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const folded = foldInode(Math.abs(value));
        expect(folded).toBeGreaterThan(0);
        expect(folded).toBeLessThan(2 ** 32);
      }),
    );
  });
});
