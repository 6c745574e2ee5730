/** The reference's own round trips: what it writes it reads, and nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex } from './bytes.js';
import {
  buildTree,
  levelFor,
  nodeId,
  objectRoot,
  readTree,
  type Slot,
  slotCount,
  slotSize,
} from './object-tree.js';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const slot = (length: number): fc.Arbitrary<Slot> =>
  fc.oneof(
    fc.constant<Slot>({ kind: 'hole' }),
    fc.record({
      kind: fc.constant('cube' as const),
      cube: fc.record({ id: hash, root: hash, length: fc.constant(length) }),
    }),
  );

function roundTrip(slots: readonly Slot[], length: number): void {
  const tree = buildTree(slots);
  const stored = new Map(tree.nodes.map((node) => [bytesToHex(nodeId(node)), node]));
  const source = (id: Uint8Array) => stored.get(bytesToHex(id));
  expect(readTree(tree.node, length, objectRoot(slots, length), source)).toEqual(slots);
}

describe('object tree', () => {
  it('levels grow at powers of 64', () => {
    expect([0, 1, 64, 65, 4096, 4097].map(levelFor)).toEqual([0, 0, 0, 1, 1, 2]);
  });

  it('reads back what it builds', () => {
    const lengths = fc.integer({ min: 0, max: 70 * slotSize });
    const trees = lengths.chain((length) =>
      fc.tuple(
        fc.constant(length),
        fc.tuple(
          ...Array.from({ length: slotCount(length) }, (_, i) =>
            slot(Math.min(slotSize, length - i * slotSize)),
          ),
        ),
      ),
    );
    fc.assert(
      fc.property(trees, ([length, slots]) => roundTrip(slots, length)),
      { numRuns: 40 },
    );
  });

  it('holds a sparse file of three levels in two nodes', () => {
    const slots: Slot[] = Array.from({ length: 5000 }, () => ({ kind: 'hole' }));
    slots[4999] = {
      kind: 'cube',
      cube: { id: new Uint8Array(32), root: new Uint8Array(32), length: slotSize },
    };
    expect(buildTree(slots).nodes.length).toBe(2);
    roundTrip(slots, 5000 * slotSize);
  });

  it('reads pieces, and refuses those that do not fill their slot', () => {
    const cube = { id: new Uint8Array(32).fill(1), root: new Uint8Array(32).fill(2), length: 3 * 65536 - 5 };
    const pieces = [
      { vertices: 2, cube: null, first: 0 },
      { vertices: 2, cube, first: 1 },
    ];
    const good: Slot = { kind: 'pieces', root: new Uint8Array(32).fill(3), pieces };
    roundTrip([good], 4 * 65536 - 5);
    expect(() => roundTrip([good], 4 * 65536)).toThrow('a piece does not fit its cube');
    const short: Slot = { ...good, pieces: pieces.slice(0, 1) };
    expect(() => roundTrip([short], 4 * 65536)).toThrow('do not fill');
  });
});
