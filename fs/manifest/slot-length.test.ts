import { expect, it } from 'vitest';
import { type Piece, type Slot, slotBytes, vertexBytes } from './index-node.js';
import { slotFits } from './slot-length.js';

type Used = Exclude<Slot, { kind: 'hole' }>;

const cube = (length: number) => ({ id: Buffer.alloc(32, 1), root: Buffer.alloc(32, 2), length });
const whole = (length: number): Used => ({ kind: 'cube', cube: cube(length) });
const hole = (vertices: number): Piece => ({ kind: 'hole', vertices });
const part = (vertices: number, first: number, length: number): Piece => ({
  kind: 'cube',
  ...{ vertices, first, cube: cube(length) },
});
const pieces = (...list: Piece[]): Used => ({ kind: 'pieces', root: Buffer.alloc(32), pieces: list });

const rows: readonly (readonly [string, boolean, number, number, Used])[] = [
  ['a cube of its length', true, 0, 3000, whole(3000)],
  ['a cube that is shorter', false, 0, 3000, whole(2999)],
  ['a cube that is longer', false, 0, 2999, whole(3000)],
  ['a whole cube before the last slot', true, 0, slotBytes + 1, whole(slotBytes)],
  ['a short cube before the last slot', false, 0, slotBytes + 1, whole(slotBytes - 1)],
  ['a byte in the last slot', true, 1, slotBytes + 1, whole(1)],
  ['more than the byte of the last slot', false, 1, slotBytes + 1, whole(2)],
  [
    'pieces, the last one ending with its cube',
    true,
    0,
    vertexBytes + 5,
    pieces(hole(1), part(1, 2, 2 * vertexBytes + 5)),
  ],
  [
    'pieces, the last one with a cube that goes on',
    false,
    0,
    vertexBytes + 5,
    pieces(hole(1), part(1, 2, 2 * vertexBytes + 6)),
  ],
  [
    'pieces, the last one cut short',
    false,
    0,
    vertexBytes + 5,
    pieces(hole(1), part(1, 2, 2 * vertexBytes + 4)),
  ],
  [
    'pieces of whole vertices in the middle of cubes',
    true,
    0,
    2 * vertexBytes,
    pieces(part(1, 3, 6 * vertexBytes), part(1, 0, slotBytes)),
  ],
  ['a short piece before another', false, 0, vertexBytes + 5, pieces(part(1, 0, 9), part(1, 0, 5))],
  ['a piece too few', false, 0, 2 * vertexBytes, pieces(part(1, 0, vertexBytes))],
  ['a piece too many', false, 0, vertexBytes, pieces(part(1, 0, vertexBytes), hole(1))],
  ['a hole that ends in its last vertex', true, 0, vertexBytes + 5, pieces(part(1, 0, vertexBytes), hole(1))],
];
it.each(rows)('%s: %s', (_, fits, index, length, slot) => {
  expect(slotFits({ index, slot }, length)).toBe(fits);
});
