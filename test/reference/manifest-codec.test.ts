/** fs/manifest's records and object trees against the reference. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectTreeBuilder, usedSlots } from '../../fs/manifest/object-tree.js';
import {
  decodeRecord as productDecode,
  encodeRecord as productEncode,
} from '../../fs/manifest/record-codec.js';
import { bytesToHex } from './bytes.js';
import {
  buildTree,
  nodeId,
  objectRoot,
  readTree,
  type Slot,
  slotCount,
  slotLength,
  slotSize,
} from './object-tree.js';
import { toProductSlot } from './product-slot.js';
import { bytes, record } from './record-arbitrary.js';
import { decodeRecord, encodeRecord } from './records.js';

function fails(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}

/** Bytes of a record without what a put or layout draws at random. */
function comparable(encoded: Uint8Array): string {
  const { time, body } = decodeRecord(encoded);
  return bytesToHex(
    encodeRecord({ time, body: 'random' in body ? { ...body, random: new Uint8Array(16) } : body }),
  );
}

describe('records', () => {
  it('survive product and reference, in both directions', () => {
    fc.assert(
      fc.property(record, (original) => {
        const encoded = encodeRecord(original);
        expect(decodeRecord(encoded)).toEqual(original);
        const { mutation, time } = productDecode(encoded);
        expect(comparable(productEncode(mutation, time))).toBe(comparable(encoded));
      }),
      { numRuns: 400 },
    );
  });

  it('are refused by both or by neither after a change anywhere', () => {
    const damage = fc.tuple(
      record,
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0, 0, 0, 1, -1),
    );
    fc.assert(
      fc.property(damage, ([original, place, value, longer]) => {
        const encoded = encodeRecord(original);
        const changed = Uint8Array.from(encoded.slice(0, longer < 0 ? -1 : undefined));
        // Mostly early bytes: lengths and kinds stand there.
        changed[place % Math.min(changed.length, place % 3 === 0 ? changed.length : 64)] = value;
        const bad = longer > 0 ? Uint8Array.from([...changed, value]) : changed;
        expect(fails(() => productDecode(bad))).toBe(fails(() => decodeRecord(bad)));
      }),
      { numRuns: 3000 },
    );
  });
});

const hash = bytes(32);

function slotOf(length: number): fc.Arbitrary<Slot> {
  const cube = fc.record({ id: hash, root: hash });
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant<Slot>({ kind: 'hole' }) },
    cube.map((named): Slot => ({ kind: 'cube', cube: { ...named, length } })),
    cube.map(
      (named): Slot => ({
        kind: 'pieces',
        root: named.root,
        pieces: [{ vertices: Math.ceil(length / 65536), cube: { ...named, length }, first: 0 }],
      }),
    ),
  );
}

/** Pushes runs of holes in one call each, as a sparse file does. */
function build(slots: readonly Slot[], length: number, runs: boolean): ReturnType<ObjectTreeBuilder['done']> {
  const builder = new ObjectTreeBuilder();
  for (let at = 0; at < slots.length; ) {
    const slot = slots[at] ?? { kind: 'hole' };
    let end = at + 1;
    while (runs && slot.kind === 'hole' && slots[end]?.kind === 'hole') end++;
    if (runs && slot.kind === 'hole') builder.pushHoles(end - at);
    else builder.push(toProductSlot(slot));
    at = end;
  }
  return builder.done(length);
}

function expectSame(slots: readonly Slot[], length: number, runs: boolean): void {
  const ours = buildTree(slots);
  const theirs = build(slots, length, runs);
  expect(theirs.node.equals(ours.node)).toBe(true);
  expect(new Set(theirs.nodes.map(bytesToHex))).toEqual(new Set(ours.nodes.map(bytesToHex)));
  expect(bytesToHex(theirs.root)).toBe(bytesToHex(objectRoot(slots, length)));
  const stored = new Map(theirs.nodes.map((node) => [bytesToHex(nodeId(node)), node]));
  expect(readTree(theirs.node, length, theirs.root, (id) => stored.get(bytesToHex(id)))).toEqual(slots);
  const load = (id: Buffer) => stored.get(id.toString('hex')) ?? Buffer.alloc(0);
  const used = slots.flatMap((slot, index) =>
    slot.kind === 'hole' ? [] : [{ index, slot: toProductSlot(slot) }],
  );
  expect([...usedSlots(theirs.node, slots.length, load)]).toEqual(used);
}

describe('object trees', () => {
  it('are the same for random files', () => {
    const files = fc.integer({ min: 0, max: 140 * slotSize }).chain((length) => {
      const slots = Array.from({ length: slotCount(length) }, (_, i) => slotOf(slotLength(length, i)));
      return fc.tuple(fc.constant(length), fc.tuple(...slots), fc.boolean());
    });
    fc.assert(
      fc.property(files, ([length, slots, runs]) => expectSame(slots, length, runs)),
      { numRuns: 60 },
    );
  });

  it.each([1, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8192, 8200])(
    'are the same for %d sparse slots',
    (count) => {
      for (const runs of [true, false]) {
        for (const data of [[], [0], [count - 1], [Math.floor(count / 2)]]) {
          const length = count * slotSize - (data.includes(count - 1) ? 5 : 70_000);
          const slots = Array.from({ length: count }, (_, i): Slot => {
            if (!data.includes(i)) return { kind: 'hole' };
            const named = { id: new Uint8Array(32).fill(i), root: new Uint8Array(32).fill(i + 1) };
            return { kind: 'cube', cube: { ...named, length: slotLength(length, i) } };
          });
          expectSame(slots, length, runs);
        }
      }
    },
  );
});
