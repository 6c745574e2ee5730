import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedBytes } from '../../common/bytes.js';
import { leafHash, rootOfBlocks, rootOfLeaves } from '../../common/merkle.js';
import { decodeNode, encodeBranches, encodeSlots, nodeId, slotBytes } from './index-node.js';
import { ObjectTreeBuilder, type Slot, slotCount, slotsAround, usedSlots } from './object-tree.js';
import { cube, slot } from './testing/arbitraries.js';

const wholeHole = rootOfBlocks(Buffer.alloc(slotBytes));

function rootOf(entry: Slot, length: number): Buffer {
  if (entry.kind === 'cube') return entry.cube.root;
  if (entry.kind === 'pieces') return entry.root;
  return length === slotBytes ? wholeHole : rootOfBlocks(Buffer.alloc(length));
}

/** The object root by its definition. */
function plainRoot(entries: readonly Slot[], length: number): Buffer {
  const last = length - (entries.length - 1) * slotBytes;
  return rootOfLeaves(
    entries.map((entry, i) => leafHash(rootOf(entry, i === entries.length - 1 ? last : slotBytes))),
  );
}

/** Runs of slots: holes may come many at a time. */
const runs = fc.array(
  fc.oneof(
    slot.map((made) => [made]),
    fc.integer({ min: 1, max: 300 }).map((count) => new Array<Slot>(count).fill({ kind: 'hole' })),
    fc
      .tuple(cube, fc.integer({ min: 1, max: 130 }))
      .map(([one, count]) => new Array<Slot>(count).fill({ kind: 'cube', cube: one })),
  ),
  { maxLength: 12 },
);

function build(entries: readonly Slot[][], length: number): ReturnType<ObjectTreeBuilder['done']> {
  const builder = new ObjectTreeBuilder();
  for (const run of entries) {
    if (run.every((entry) => entry.kind === 'hole')) builder.pushHoles(run.length);
    else for (const entry of run) builder.push(entry);
  }
  return builder.done(length);
}

function loader(nodes: readonly Buffer[]): (id: Buffer) => Buffer {
  const known = new Map(nodes.map((node) => [nodeId(node).toString('hex'), node]));
  return (id) => {
    const node = known.get(id.toString('hex'));
    if (node === undefined) throw new Error('node is missing');
    return node;
  };
}

function slotAt(node: Buffer, index: number, load: (id: Buffer) => Buffer): Slot | undefined {
  const { first, slots } = slotsAround(node, index, load);
  expect(first % 64).toBe(0);
  return slots[index - first];
}

describe('an object tree', () => {
  it('has the root of its definition and gives back every slot', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 0, max: slotBytes - 1 }), fc.nat(), (made, short, pick) => {
        const entries = made.flat();
        const length = Math.max(0, entries.length * slotBytes - short);
        fc.pre(slotCount(length) === entries.length);
        const tree = build(made, length);
        expect(tree.root).toEqual(plainRoot(entries, length));
        const load = loader(tree.nodes);
        const used = entries.flatMap((slot, index) => (slot.kind === 'hole' ? [] : [{ index, slot }]));
        expect([...usedSlots(tree.node, entries.length, load)]).toEqual(used);
        if (entries.length === 0) return;
        const index = pick % entries.length;
        expect(slotAt(tree.node, index, load)).toEqual(entries[index]);
        expect(tree.nodes.every((node) => node.length <= 4 + 64 * 16 * 71)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on how holes were pushed', () => {
    for (const count of [1, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8192]) {
      const [together, single] = [new ObjectTreeBuilder(), new ObjectTreeBuilder()];
      together.pushHoles(count);
      for (let i = 0; i < count; i++) single.push({ kind: 'hole' });
      const length = count * slotBytes - 7;
      expect(together.done(length)).toEqual(single.done(length));
    }
  });

  it('takes a sparse petabyte in a handful of nodes', () => {
    const one: Slot = {
      kind: 'cube',
      cube: { id: Buffer.alloc(32, 1), root: Buffer.alloc(32, 2), length: slotBytes },
    };
    const builder = new ObjectTreeBuilder();
    builder.pushHoles(2 ** 29 - 1);
    builder.push(one);
    builder.pushHoles(2 ** 29);
    const tree = builder.done(2 ** 50);
    expect(tree.nodes).toHaveLength(4);
    const load = loader(tree.nodes);
    expect(slotAt(tree.node, 2 ** 29 - 1, load)).toEqual(one);
    expect(slotAt(tree.node, 2 ** 30 - 1, load)).toEqual({ kind: 'hole' });
    expect(() => slotAt(tree.node, 2 ** 30, load)).toThrow(RangeError);
    expect([...usedSlots(tree.node, 2 ** 30, load)]).toEqual([{ index: 2 ** 29 - 1, slot: one }]);
  });

  it('refuses slots that are not those of the length', () => {
    const builder = new ObjectTreeBuilder();
    builder.pushHoles(2);
    expect(() => builder.done(slotBytes)).toThrow(RangeError);
    expect(() => builder.push({ kind: 'pieces', root: Buffer.alloc(32), pieces: [] })).toThrow(RangeError);
  });

  it('refuses malformed nodes', () => {
    const bad = [
      Buffer.alloc(0),
      Buffer.from([0x4e, 8, 0, 0]),
      Buffer.from([0x4e, 0, 65, 0]),
      Buffer.from([0x4e, 0, 1, 0, 3]),
      Buffer.from([0x4e, 1, 1, 0, 2]),
      Buffer.from([0x4e, 0, 0, 0, 0]),
    ];
    for (const bytes of bad) expect(() => decodeNode(bytes)).toThrow(MalformedBytes);
    fc.assert(
      fc.property(
        fc.array(slot, { maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (made, at, change) => {
          const bytes = encodeSlots(made);
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ change;
          try {
            const node = decodeNode(bytes);
            if (node.kind === 'slots') expect(encodeSlots(node.entries)).toEqual(bytes);
            else expect(encodeBranches(node.level, node.entries)).toEqual(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedBytes);
          }
        },
      ),
    );
  });

  it('refuses a child of the wrong level or size', () => {
    const child = encodeSlots([{ kind: 'hole' }]);
    const root = encodeBranches(1, [nodeId(child), nodeId(child)]);
    expect(() => [...usedSlots(root, 70, loader([child]))]).toThrow(MalformedBytes);
    const deep = encodeBranches(2, [nodeId(child)]);
    expect(() => slotAt(deep, 0, loader([child]))).toThrow(MalformedBytes);
  });
});
