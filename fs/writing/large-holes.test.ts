/** Sparse files far larger than what they hold, and holes in them: what they cost follows what is stored. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { slotBytes } from '../manifest/index-node.js';
import { ObjectTreeBuilder, type Slot } from '../manifest/object-tree.js';
import { FrozenContent } from './frozen-content.js';
import { describe as describeContent, describeFrozen } from './journal/describe.js';
import { type Entry, EntryWriter, readEntries } from './journal/entries.js';
import { nothingStored, type Stored } from './stored.js';
import { ContentBench } from './unsealed-content.fixture.js';
import { UnsealedContent } from './unsealed-content.js';
import { VertexPool } from './vertex-pool.js';

const bench = new ContentBench();
afterAll(() => bench.end());

const gib = 1024 ** 3;
const tib = 1024 * gib;
const largest = 20 * tib;
const block = 4096;
const naming = { inode: 7, written: 0n };

/** Where the file is written to, and what is looked at around it. */
const places = [0, 5 * tib, 19 * tib];
const around = 3 * slotBytes;

/** Bytes of a large file, as blocks that are not zero. */
class Sparse {
  length = 0;
  readonly #blocks = new Map<number, Buffer>();

  write(offset: number, bytes: Buffer): void {
    this.length = Math.max(this.length, offset + bytes.length);
    for (let at = 0; at < bytes.length; ) {
      const number = Math.floor((offset + at) / block);
      const from = offset + at - number * block;
      const part = bytes.subarray(at, at + block - from);
      const known = this.#blocks.get(number) ?? Buffer.alloc(block);
      part.copy(known, from);
      this.#blocks.set(number, known);
      at += part.length;
    }
  }

  zero(from: number, end: number): void {
    for (const [number, bytes] of this.#blocks) {
      const start = number * block;
      bytes.fill(0, Math.min(block, Math.max(0, from - start)), Math.min(block, Math.max(0, end - start)));
    }
  }

  truncate(length: number): void {
    this.zero(length, Number.MAX_SAFE_INTEGER);
    this.length = length;
  }

  read(offset: number, length: number): Buffer {
    const end = Math.max(offset, Math.min(offset + length, this.length));
    const read = Buffer.alloc(end - offset);
    for (const [number, bytes] of this.#blocks) {
      const at = number * block - offset;
      if (at > -block && at < read.length) bytes.copy(read, Math.max(0, at), Math.max(0, -at));
    }
    return read;
  }

  copy(): Sparse {
    const copy = new Sparse();
    copy.length = this.length;
    for (const [number, bytes] of this.#blocks) copy.#blocks.set(number, Buffer.from(bytes));
    return copy;
  }
}

interface Version {
  readonly state: FrozenContent;
  readonly model: Sparse;
  told: boolean;
}

/** A file, its model, and what its journal was told. */
class LargeFile {
  readonly pool = new VertexPool();
  readonly file: UnsealedContent;
  readonly model: Sparse;
  #base: Stored;
  #puts = 0;
  #versions: Version[] = [];
  #spilling: { readonly state: FrozenContent; readonly slots: Map<number, Slot> } | null = null;
  readonly #journal: Exclude<Entry, { readonly type: 'mutation' }>[] = [];
  #told: Sparse | null = null;

  constructor(base = nothingStored) {
    this.#base = base;
    this.file = new UnsealedContent(base, { pool: this.pool, open: bench.open });
    this.model = new Sparse();
    this.model.length = base.length;
  }

  freeze(): FrozenContent {
    return this.file.freeze((state) => new FrozenContent(state, this.pool), this.file.takeMarks());
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    this.model.write(offset, bytes);
    await this.file.write(offset, bytes.length, (from, length, target, at) => {
      bytes.copy(target, at, from, from + length);
    });
  }

  truncate(length: number): void {
    this.model.truncate(length);
    this.file.truncate(length);
  }

  async zero(from: number, end: number): Promise<void> {
    this.model.zero(from, Math.min(end, this.model.length));
    await this.file.zero(from, end - from);
  }

  version(): void {
    this.#versions.push({ state: this.freeze(), model: this.model.copy(), told: false });
  }

  async seal(): Promise<void> {
    const oldest = this.#versions.shift();
    if (oldest === undefined) return;
    const stored = await bench.seal(oldest.state);
    await expectSame(bench.open(stored), oldest.model);
    this.file.sealed(oldest.state, stored);
    oldest.state.release();
    this.#base = stored;
    this.#puts += 1;
    if (!oldest.told) this.#told = null;
  }

  async spill(): Promise<void> {
    this.spilled();
    const state = this.file.freeze((frozen) => new FrozenContent(frozen, this.pool));
    this.#spilling = { state, slots: await bench.sealSlots(state, this.file.dirtySlots().slice(0, 2)) };
  }

  spilled(): void {
    if (this.#spilling === null) return;
    const { state, slots } = this.#spilling;
    this.#spilling = null;
    this.file.storedAhead(state, slots);
    state.release();
  }

  /** As fsync(2). */
  tell(): void {
    for (const [at, version] of this.#versions.entries()) {
      if (version.told) continue;
      version.told = true;
      this.#note(describeFrozen(version.state, { ...naming, version: this.#puts + at }));
    }
    const untold = this.file.takeUntold();
    this.#note(
      describeContent(untold, untold.marks, { ...naming, version: this.#puts + this.#versions.length }),
    );
    untold.release();
    this.#told = this.model.copy();
  }

  /** What would be there after a crash. */
  async checkJournal(): Promise<void> {
    if (this.#told === null) return;
    const pool = new VertexPool();
    const again = new UnsealedContent(this.#base, { pool, open: bench.open });
    for (const entry of this.#journal) {
      if (entry.version < this.#puts) continue;
      if (entry.type === 'data') {
        const { offset, bytes } = entry;
        await again.write(offset, bytes.length, (from, length, target, at) => {
          bytes.copy(target, at, from, from + length);
        });
      } else if (entry.type === 'slot') again.placeSlot(entry.index, entry.slot, entry.limit);
      else if (entry.type === 'holes') again.placeHoles(entry.first, entry.first + entry.count);
      else if (entry.type === 'length') {
        again.truncate(Math.min(entry.cut, again.length));
        again.truncate(entry.length);
      }
    }
    await expectSame({ size: again.length, read: (...to) => again.read(...to) }, this.#told);
    again.discard();
  }

  async check(): Promise<void> {
    expect(this.file.length).toBe(this.model.length);
    await expectSame({ size: this.file.length, read: (...to) => this.file.read(...to) }, this.model);
    expect(this.file.stored).toBeLessThanOrEqual(this.file.length);
  }

  async end(): Promise<void> {
    this.version();
    this.spilled();
    while (this.#versions.length > 0) await this.seal();
    await this.check();
    expect(this.file.clean).toBe(true);
    expect(this.pool.bytes).toBe(0);
  }

  /** Through the bytes of a frame. */
  #note(entries: Iterable<Entry>): void {
    const frame = Buffer.alloc(4 * slotBytes);
    for (const entry of entries) {
      const writer = new EntryWriter(frame);
      expect(writer.add(entry)).toBe(true);
      for (const read of readEntries(Buffer.from(frame.subarray(0, writer.length))))
        if (read.type !== 'append' && read.type !== 'mutation') this.#journal.push(read);
    }
  }
}

async function expectSame(
  content: { readonly size: number; read(offset: number, length: number, target: Buffer): Promise<number> },
  model: Sparse,
): Promise<void> {
  expect(content.size).toBe(model.length);
  for (const place of places) {
    const expected = model.read(place, around);
    const bytes = Buffer.alloc(expected.length, 0xaa);
    await content.read(place, bytes.length, bytes);
    expect(bytes.equals(expected)).toBe(true);
  }
}

/** A large file in which every slot holds data, whose cubes nobody reads. */
function full(slots: number): Stored {
  const builder = new ObjectTreeBuilder();
  const cube = { length: slotBytes, id: Buffer.alloc(32, 1), root: Buffer.alloc(32, 2) };
  for (let slot = 0; slot < slots; slot++) builder.push({ kind: 'cube', cube });
  const { node, nodes } = builder.done(slots * slotBytes);
  bench.keep(nodes);
  return { length: slots * slotBytes, node };
}

const offset = fc
  .tuple(
    fc.constantFrom(...places),
    fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * slotBytes }) },
      { weight: 3, arbitrary: fc.constantFrom(0, slotBytes, 2 * slotBytes) },
    ),
  )
  .map(([place, by]) => place + by);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      offset,
      length: fc.integer({ min: 1, max: 150_000 }),
      byte: fc.integer({ min: 0, max: 255 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('zero' as const), one: offset, other: offset }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), offset }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'grow' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'version' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'seal' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'spill' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'spilled' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'tell' as const }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const write = { kind: 'write', offset: 5 * tib, length: 100_000, byte: 1 } as const;
const zeros = { ...write, byte: 0 } as const;
const zero = { kind: 'zero', one: 0, other: largest } as const;
const [version, seal, tell] = [{ kind: 'version' }, { kind: 'seal' }, { kind: 'tell' }] as const;
const [spill, spilled] = [{ kind: 'spill' }, { kind: 'spilled' }] as const;
/** A hole beside each thing that may bring back what was there. */
const plans: Step[][] = [
  [write, version, seal, zero, tell],
  [write, tell, zero, tell],
  [write, version, zero, seal, tell],
  [write, version, tell, zero, seal, tell],
  [write, version, zero, write, zero, version, seal, seal],
  [write, zero, version, write, seal, zero, seal, tell],
  [zero, write, version, seal, version, seal],
  [zero, write, spill, zero, spilled, tell],
  [write, spill, spilled, zero, tell, write, tell],
  [write, version, spill, zero, seal, spilled, tell],
  [zero, write, spill, version, spilled, seal, zero, tell],
  [write, tell, zeros, spill, spilled, tell],
];

describe('a large sparse file', () => {
  it('has holes that cost the same however large they are', async () => {
    const large = new LargeFile();
    large.truncate(largest);
    const before = bench.opened;
    await large.zero(0, largest);
    for (let at = 0; at < 100; at++) await large.zero(at * gib, (at + 2) * gib);
    expect(bench.opened).toBe(before);
    const state = large.freeze();
    expect(state.slots.size).toBe(0);
    expect([...describeFrozen(state, { ...naming, version: 0 })]).toHaveLength(2);
    expect([...state.plan(bench.load)]).toEqual([]);
    state.release();
  });

  it('has holes over data that look at no slot of it, and are sealed without a look at what they cover', async () => {
    const slots = 64 * 1024;
    const large = new LargeFile(full(slots));
    const before = { opened: bench.opened, loaded: bench.loaded };
    await large.zero(3 * slotBytes, slots * slotBytes);
    expect(bench).toMatchObject(before);
    const state = large.freeze();
    expect([...state.plan(bench.load)].map(({ index }) => index)).toEqual([0, 1, 2]);
    // One node of each level.
    expect(bench.loaded - before.loaded).toBe(2);
    expect([...describeFrozen(state, { ...naming, version: 0 })]).toHaveLength(2);
    state.release();
  });

  it('tells what it takes up from sums: no slot is counted for it', async () => {
    const large = new LargeFile();
    large.truncate(largest);
    await large.write(5 * tib, Buffer.alloc(2 * slotBytes, 1));
    expect(large.file.stored).toBe(2 * slotBytes);
    await large.spill();
    large.spilled();
    expect(large.file.stored).toBe(2 * slotBytes);
    await large.zero(5 * tib, 5 * tib + slotBytes);
    expect(large.file.stored).toBe(slotBytes);
    await large.end();
  });

  it('reads as its model, each version as it was frozen, and the journal brings back what it was told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (plan) => {
        const large = new LargeFile();
        large.truncate(largest);
        for (const one of plan) {
          if (one.kind === 'write') await large.write(one.offset, Buffer.alloc(one.length, one.byte));
          else if (one.kind === 'zero')
            await large.zero(Math.min(one.one, one.other), Math.max(one.one, one.other));
          else if (one.kind === 'truncate') large.truncate(one.offset);
          else if (one.kind === 'grow') large.truncate(largest);
          else if (one.kind === 'version') large.version();
          else if (one.kind === 'seal') await large.seal();
          else if (one.kind === 'spill') await large.spill();
          else if (one.kind === 'spilled') large.spilled();
          else large.tell();
          await large.check();
          await large.checkJournal();
        }
        await large.end();
      }),
      { numRuns: 40, examples: plans.map((plan): [Step[]] => [plan]) },
    );
  }, 120_000);
});
