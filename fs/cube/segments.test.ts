import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CubeRef } from '../../native/index.js';
import { slotBytes, vertexBytes } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';
import { slotSegments } from './segments.js';

const cube = (tag: number): CubeRef => ({
  id: Buffer.alloc(32, tag),
  root: Buffer.alloc(32, tag),
  length: slotBytes,
});

/** What stands at each vertex of a slot: [cube tag, vertex in the cube], or null for a hole. */
function vertices(slot: Slot): ([number, number] | null)[] {
  if (slot.kind === 'hole') return Array.from({ length: 16 }, () => null);
  if (slot.kind === 'cube') return Array.from({ length: 16 }, (_, i) => [slot.cube.id[0] ?? 0, i]);
  return slot.pieces.flatMap((piece) =>
    Array.from({ length: piece.vertices }, (_, i): [number, number] | null =>
      piece.kind === 'cube' ? [piece.cube.id[0] ?? 0, piece.first + i] : null,
    ),
  );
}

/** Pieces that fill 16 vertices. */
const pieces = fc
  .array(
    fc.record({
      vertices: fc.integer({ min: 1, max: 16 }),
      tag: fc.integer({ min: 0, max: 5 }),
      first: fc.integer({ min: 0, max: 15 }),
    }),
    {
      minLength: 1,
      maxLength: 16,
    },
  )
  .map((list): Slot => {
    let left = 16;
    const filled = [];
    for (const { vertices: wanted, tag, first } of [...list, { vertices: 16, tag: 0, first: 0 }]) {
      const count = Math.min(wanted, left);
      if (count === 0) break;
      left -= count;
      filled.push(
        tag === 0
          ? ({ kind: 'hole', vertices: count } as const)
          : ({ kind: 'cube', vertices: count, first: Math.min(first, 16 - count), cube: cube(tag) } as const),
      );
    }
    return { kind: 'pieces', root: Buffer.alloc(32), pieces: filled };
  });

const slots: fc.Arbitrary<Slot> = fc.oneof(
  fc.constant<Slot>({ kind: 'hole' }),
  fc.constant<Slot>({ kind: 'cube', cube: cube(9) }),
  pieces,
);

it('segments of any range give each byte of it once, in order, from the right place of the right cube', () => {
  fc.assert(
    fc.property(slots, fc.nat(slotBytes - 1), fc.nat(slotBytes), (slot, from, wanted) => {
      const length = Math.min(Math.max(wanted, 1), slotBytes - from);
      const map = vertices(slot);
      let at = from;
      for (const segment of slotSegments(slot, from, length)) {
        for (const offset of [0, segment.length - 1]) {
          const place = map[Math.floor((at + offset) / vertexBytes)] ?? null;
          if (place === null) expect(segment.cube).toBeNull();
          else {
            expect(segment.cube?.id[0]).toBe(place[0]);
            expect(segment.offset + offset).toBe(place[1] * vertexBytes + ((at + offset) % vertexBytes));
          }
        }
        at += segment.length;
      }
      expect(at).toBe(from + length);
    }),
  );
});
