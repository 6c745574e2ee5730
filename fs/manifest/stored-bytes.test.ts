import fc from 'fast-check';
import { expect, it } from 'vitest';
import { slotBytes } from './index-node.js';
import { ObjectTreeBuilder } from './object-tree.js';
import { storedBytes } from './stored-bytes.js';

const cube = { id: Buffer.alloc(32, 1), root: Buffer.alloc(32, 2), length: slotBytes };

function built(runs: readonly (readonly [cubes: boolean, count: number])[], length: number): Buffer {
  const builder = new ObjectTreeBuilder();
  for (const [cubes, count] of runs) {
    if (cubes) for (let i = 0; i < count; i++) builder.push({ kind: 'cube', cube });
    else builder.pushHoles(count);
  }
  return builder.done(length).node;
}

it('is exact for files of one node', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 64 }), (slots) => {
      const node = built(
        slots.map((isCube) => [isCube, 1]),
        slots.length * slotBytes,
      );
      const expected = slots.filter((isCube) => isCube).length * slotBytes;
      expect(storedBytes(node, slots.length * slotBytes)).toBe(expected);
    }),
  );
});

it('is nothing for holes, however many, and leaves out those of a short end', () => {
  expect(storedBytes(built([], 0), 0)).toBe(0);
  expect(storedBytes(built([[false, 1]], 5), 5)).toBe(0);
  expect(storedBytes(built([[false, 2 ** 32]], 2 ** 52), 2 ** 52)).toBe(0);
  const length = 2 * slotBytes - 7;
  const runs = [
    [true, 1],
    [false, 1],
  ] as const;
  expect(storedBytes(built(runs, length), length)).toBe(slotBytes);
});

it('counts what lies below the root node as stored, where there is anything', () => {
  const length = 200 * slotBytes;
  const runs = [
    [true, 1],
    [false, 199],
  ] as const;
  expect(storedBytes(built(runs, length), length)).toBe(64 * slotBytes);
});
