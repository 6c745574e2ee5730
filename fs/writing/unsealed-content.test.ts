import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Slot } from '../manifest/object-tree.js';
import { seekIn } from './data-ranges.js';
import { FrozenContent } from './frozen-content.js';
import { nothingStored } from './stored.js';
import { ContentBench } from './unsealed-content.fixture.js';
import { UnsealedContent } from './unsealed-content.js';
import { VertexPool } from './vertex-pool.js';

const bench = new ContentBench();
const { open, load } = bench;
afterAll(() => bench.end());

/** A file with a model beside it: its bytes in one buffer. */
class Pair {
  readonly pool = new VertexPool();
  readonly file = new UnsealedContent(nothingStored, { pool: this.pool, open });
  model = Buffer.alloc(0);
  spilling: { readonly state: FrozenContent; readonly slots: Map<number, Slot> } | null = null;
  /** Frozen states, oldest first, with the bytes they had. */
  frozen: { readonly state: FrozenContent; readonly bytes: Buffer }[] = [];

  freeze(): FrozenContent {
    return this.file.freeze((state) => new FrozenContent(state, this.pool));
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    const end = offset + bytes.length;
    if (end > this.model.length)
      this.model = Buffer.concat([this.model, Buffer.alloc(end - this.model.length)]);
    bytes.copy(this.model, offset);
    await this.file.inTurn(() =>
      this.file.write(offset, bytes.length, (from, length, target, at) => {
        bytes.copy(target, at, from, from + length);
      }),
    );
  }

  async truncate(length: number): Promise<void> {
    const kept = this.model.subarray(0, length);
    this.model = Buffer.concat([kept, Buffer.alloc(length - kept.length)]);
    await this.file.inTurn(() => this.file.truncate(length));
  }

  async zero(offset: number, count: number): Promise<void> {
    this.model.fill(0, Math.min(offset, this.model.length), Math.min(offset + count, this.model.length));
    await this.file.inTurn(() => this.file.zero(offset, count));
  }

  version(): void {
    const marks = this.file.takeMarks();
    const state = this.file.freeze((frozen) => new FrozenContent(frozen, this.pool), marks);
    this.frozen.push({ state, bytes: Buffer.from(this.model) });
  }

  /** Seals the oldest frozen state; what it holds reads as it was frozen. */
  async seal(): Promise<void> {
    const oldest = this.frozen.shift();
    if (oldest === undefined) return;
    const stored = await bench.seal(oldest.state);
    await expectBytes(open(stored), oldest.bytes);
    this.file.sealed(oldest.state, stored);
    oldest.state.release();
  }

  /** Seals a frozen state, whatever it has. */
  async sealState(state: FrozenContent): Promise<void> {
    this.file.sealed(state, await bench.seal(state));
    state.release();
  }

  /** Stores a frozen state ahead as a whole. */
  async storeAhead(state: FrozenContent): Promise<void> {
    const indexes = Array.from({ length: Math.ceil(state.length / 1_048_576) }, (_, index) => index);
    this.file.storedAhead(state, await bench.sealSlots(state, indexes));
    state.release();
  }

  /** Begins to store some of the dirty slots ahead. */
  async spill(count: number): Promise<void> {
    if (this.spilling !== null) await this.spilled();
    const state = this.freeze();
    const slots = await bench.sealSlots(state, this.file.dirtySlots().slice(0, count));
    this.spilling = { state, slots };
  }

  /** Ends it; anything may have come in between. */
  async spilled(): Promise<void> {
    if (this.spilling === null) return;
    const { state, slots } = this.spilling;
    this.spilling = null;
    this.file.storedAhead(state, slots);
    state.release();
  }

  async check(): Promise<void> {
    expect(this.file.length).toBe(this.model.length);
    await expectBytes({ size: this.file.length, read: (...to) => this.file.read(...to) }, this.model);
    this.#checkHoles();
  }

  /** What is no data reads as zero. */
  #checkHoles(): void {
    const ranges = [...this.file.dataRanges(load)];
    for (let at = 0; at < this.model.length; ) {
      const data = seekIn(ranges, at, this.model.length, 'data') ?? this.model.length;
      expect(this.model.subarray(at, data).every((byte) => byte === 0)).toBe(true);
      if (data === this.model.length) break;
      at = seekIn(ranges, data, this.model.length, 'hole') ?? this.model.length;
      expect(at).toBeGreaterThan(data);
    }
  }
}

async function expectBytes(
  content: { readonly size: number; read(offset: number, length: number, target: Buffer): Promise<number> },
  expected: Buffer,
): Promise<void> {
  expect(content.size).toBe(expected.length);
  const bytes = Buffer.alloc(expected.length, 0xaa);
  expect(await content.read(0, bytes.length, bytes)).toBe(expected.length);
  expect(bytes.equals(expected)).toBe(true);
}

/** Near the borders of blocks, vertices and slots more often than anywhere else. */
const offset = fc.oneof(
  fc.integer({ min: 0, max: 2_300_000 }),
  fc
    .tuple(fc.integer({ min: 0, max: 35 }), fc.integer({ min: -3, max: 3 }))
    .map(([vertex, by]) => Math.max(0, vertex * 65_536 + by)),
  fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 0, 0, -1, 1))
    .map(([block, by]) => Math.max(0, 60_000 - (60_000 % 4096) + block * 4096 + by)),
);
const length = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((blocks) => blocks * 4096),
  fc.integer({ min: 1, max: 9_000 }),
  fc.integer({ min: 1, max: 1_200_000 }),
);

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        offset,
        length,
        byte: fc.integer({ min: 1, max: 255 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), offset }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('zero' as const), offset, length }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('version' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('seal' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('spilled' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('spill' as const), count: fc.integer({ min: 1, max: 3 }) }),
    },
  ),
  { maxLength: 20 },
);

describe('content that is written to', () => {
  it('is not clean while a step is under way: who forgot it then would lose what that writes', async () => {
    const pair = new Pair();
    await pair.write(0, Buffer.alloc(100_000, 1));
    pair.version();
    await pair.seal();
    expect(pair.file.clean).toBe(true);
    let go: () => void = () => undefined;
    const step = pair.file.inTurn(
      () =>
        new Promise<void>((done) => {
          go = done;
        }),
    );
    expect(pair.file.clean).toBe(false);
    await Promise.resolve();
    go();
    await step;
    expect(pair.file.clean).toBe(true);
  });

  it('is as it was where the source of a write throws', async () => {
    const pair = new Pair();
    await pair.write(0, Buffer.alloc(100_000, 1));
    pair.version();
    await pair.seal();
    const late = pair.file.inTurn(() =>
      pair.file.write(0, 100_000, () => {
        throw new Error('too late');
      }),
    );
    await expect(late).rejects.toThrow('too late');
    await pair.check();
    expect(pair.file.clean).toBe(true);
  });

  it('keeps what stands beside written bytes where a version of it is sealed meanwhile, whenever that is', async () => {
    for (let ticks = 0; ticks < 24; ticks++) {
      const pair = new Pair();
      await pair.write(0, Buffer.alloc(100_000, 1));
      pair.version();
      await pair.seal();
      // One block is in memory when the next write begins in it; the block in which that ends is not.
      await pair.write(8_192, Buffer.alloc(4_096, 2));
      const frozen = pair.freeze();
      const stored = await bench.seal(frozen);
      const write = pair.write(9_000, Buffer.alloc(8_000, 3));
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      pair.file.sealed(frozen, stored);
      frozen.release();
      await write;
      await pair.check();
    }
  }, 60_000);

  it('keeps what is written while it is frozen, whenever that is', async () => {
    const writes = [
      { offset: 100_000, length: 5_000 },
      { offset: 90_000, length: 200_000 },
      { offset: 3, length: 70_000 },
      { offset: 65_536, length: 65_536 },
    ];
    for (const { offset: at, length: count } of writes) {
      for (const way of ['seal', 'spill'] as const) {
        for (let ticks = 0; ticks < 12; ticks++) {
          const pair = new Pair();
          await pair.write(0, Buffer.alloc(100_000, 1));
          if (ticks % 2 === 0) {
            pair.version();
            await pair.seal();
          }
          const before = Buffer.from(pair.model);
          const write = pair.write(at, Buffer.alloc(count, 2));
          for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
          // What it has then is between the two.
          const frozen = pair.freeze();
          await write;
          if (way === 'seal') await pair.sealState(frozen);
          else await pair.storeAhead(frozen);
          await pair.check();
          expect(frozen.length).toBeGreaterThanOrEqual(before.length);
        }
      }
    }
  }, 60_000);

  it('takes of memory, and has encrypted, what has changed between one version and the next', async () => {
    const pair = new Pair();
    const block = 4096;
    const step = 5 * block;
    for (let at = 0; at < 100; at++) await pair.write(at * step, randomBytes(block));
    expect(pair.pool.bytes).toBe(100 * block);
    pair.version();
    await pair.write(7 * step, randomBytes(block));
    await pair.write(7 * step + 2 * block, randomBytes(block));
    expect(pair.pool.bytes).toBe(102 * block);
    pair.version();
    const [, second] = pair.frozen;
    await pair.seal();
    expect([...(second?.state.vertices.keys() ?? [])]).toEqual([Math.floor((7 * step) / 65_536)]);
    await pair.seal();
    await pair.check();
    expect(pair.pool.bytes).toBe(0);
  });

  it('reads as a plain buffer would, and each of its versions as it was frozen, whatever is sealed when', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const pair = new Pair();
        for (const step of plan) {
          if (step.kind === 'write') await pair.write(step.offset, Buffer.alloc(step.length, step.byte));
          else if (step.kind === 'truncate') await pair.truncate(step.offset);
          else if (step.kind === 'zero') await pair.zero(step.offset, step.length);
          else if (step.kind === 'version') pair.version();
          else if (step.kind === 'seal') await pair.seal();
          else if (step.kind === 'spill') await pair.spill(step.count);
          else await pair.spilled();
          await pair.check();
        }
        pair.version();
        await pair.spilled();
        while (pair.frozen.length > 0) await pair.seal();
        await pair.check();
        expect(pair.file.clean).toBe(true);
        expect(pair.pool.bytes).toBe(0);
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
