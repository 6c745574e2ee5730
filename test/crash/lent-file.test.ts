/** A file that is lent to the addon: what is written and synced there is seen, kept and found after a crash as if it had been here. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { peer } from '../../fs/check/fsck.fixture.js';
import { rootInode } from '../../fs/manifest/records.js';
import { make } from '../../fs/mount/changes/names.js';
import type { Rewrites } from '../../native/index.js';
import { CrashBench } from './crash-run.js';
import { type Opened, openVault } from './opened.js';

const caller = { uid: peer.uid, gid: peer.gid, pid: peer.pid };
const block = 4096;

let bench: CrashBench;
beforeAll(async () => {
  bench = await CrashBench.create([]);
});
beforeEach(() => bench.restore('new'));
afterAll(() => bench.remove());

/** A file that a program holds open, and what it must read as. */
class Program {
  readonly #opened: Opened;
  readonly ino: number;
  content: Buffer;
  lent: Rewrites | null = null;
  /** Writes and syncs that went past JavaScript. */
  past = 0;

  constructor(opened: Opened, bytes: number) {
    this.#opened = opened;
    const place = { parent: rootInode, name: Buffer.from('f') };
    this.ino = make(opened.session.changes, place, { kind: 'file', mode: 0o644 }, caller);
    this.content = randomBytes(bytes);
  }

  static async create(opened: Opened, blocks: number): Promise<Program> {
    const program = new Program(opened, blocks * block);
    opened.session.changes.opened(program.ino);
    await program.#writeHere(0, program.content);
    await program.sync();
    return program;
  }

  /** As the mount does. */
  async write(offset: number, bytes: Buffer): Promise<void> {
    if (offset + bytes.length > this.content.length)
      this.content = Buffer.concat([this.content], offset + bytes.length);
    bytes.copy(this.content, offset);
    if (this.lent?.write(offset, bytes) === true) this.past += 1;
    else {
      await this.#writeHere(offset, bytes);
      this.lent = this.#opened.session.changes.lend(this.ino) ?? this.lent;
    }
  }

  async sync(): Promise<void> {
    if (this.lent?.sync() === true) this.past += 1;
    else await this.#opened.session.changes.sync(this.ino);
  }

  async truncate(length: number): Promise<void> {
    await this.#opened.session.changes.truncate(this.ino, length);
    this.content = Buffer.concat([this.content.subarray(0, length)], length);
  }

  /** Until it is lent. */
  async rewrite(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await this.write((i % 3) * block, randomBytes(block));
      await this.sync();
    }
  }

  async #writeHere(offset: number, bytes: Buffer): Promise<void> {
    await this.#opened.session.changes.write(this.ino, offset, bytes.length, (from, length, target, at) => {
      bytes.copy(target, at, from, from + length);
    });
  }
}

async function read({ session }: Opened, ino: number): Promise<Buffer> {
  const { tree } = session;
  const object = tree.object(tree.objectOfFile(ino) ?? 0) ?? null;
  const file = await session.openFile(ino, object, caller, tree);
  try {
    const bytes = Buffer.alloc(tree.inode(ino)?.size ?? 0);
    expect(await file.read(0, bytes.length, bytes)).toBe(bytes.length);
    return bytes;
  } finally {
    file.close();
  }
}

/** The disk is as a kill leaves it now: what the program has is found there. */
async function expectAfterCrash(opened: Opened, program: Program): Promise<void> {
  bench.save('crashed');
  await opened.service.stop(null);
  bench.restore('crashed');
  const found = await openVault(bench.places);
  expect(await read(found, program.ino)).toEqual(program.content);
  await found.service.stop(null);
}

it('is lent once it is written and synced again and again, and shows what was written there', async () => {
  const opened = await openVault(bench.places);
  const program = await Program.create(opened, 4);
  await program.rewrite(10);
  expect(program.past).toBeGreaterThan(10);
  await program.write(block, randomBytes(block));
  const before = opened.session.tree.inode(program.ino)?.mtime ?? 0n;
  expect(await read(opened, program.ino)).toEqual(program.content);
  // What was lent was taken back for that.
  const { past } = program;
  await program.write(block, randomBytes(block));
  expect(program.past).toBe(past);
  expect(opened.session.tree.inode(program.ino)?.mtime).toBeGreaterThan(before);
  await opened.service.stop(null);
});

it('is found after a crash with all that was synced', async () => {
  const opened = await openVault(bench.places);
  const program = await Program.create(opened, 4);
  await program.rewrite(20);
  const synced = Buffer.from(program.content);
  await program.write(2 * block, randomBytes(block));
  expect(program.past).toBeGreaterThan(20);
  bench.save('crashed');
  await opened.service.stop(null);
  bench.restore('crashed');
  const found = await openVault(bench.places);
  expect(await read(found, program.ino)).toEqual(synced);
  await found.service.stop(null);
});

it('a sync of it makes durable what was changed elsewhere before it', async () => {
  const opened = await openVault(bench.places);
  const program = await Program.create(opened, 4);
  await program.rewrite(10);
  const place = { parent: rootInode, name: Buffer.from('made before') };
  make(opened.session.changes, place, { kind: 'fifo', mode: 0o600 }, caller);
  await program.sync();
  bench.save('crashed');
  await opened.service.stop(null);
  bench.restore('crashed');
  const found = await openVault(bench.places);
  expect(found.session.tree.find([place.name])?.kind).toBe('fifo');
  await found.service.stop(null);
});

it('is whole after an end without a crash, what was not synced included', async () => {
  const opened = await openVault(bench.places);
  const program = await Program.create(opened, 4);
  await program.rewrite(20);
  await program.write(2 * block, randomBytes(block));
  await opened.service.stop(null);
  bench.save('ended');
  bench.restore('ended');
  const found = await openVault(bench.places);
  expect(await read(found, program.ino)).toEqual(program.content);
  await found.service.stop(null);
});

it('goes on where a segment ends', async () => {
  const opened = await openVault(bench.places);
  const program = await Program.create(opened, 4);
  await program.rewrite(2_200);
  expect(program.past).toBeGreaterThan(4_000);
  await expectAfterCrash(opened, program);
});

it.each([
  ['frozen', ({ service }: Opened) => service.freezing.freeze(caller)],
  ['locked', ({ service }: Opened) => service.lock(caller)],
] as const)('takes nothing any more once the vault is %s', async (_, close) => {
  const opened = await openVault(bench.places);
  const program = await Program.create(opened, 4);
  await program.rewrite(10);
  expect(program.past).toBeGreaterThan(0);
  await close(opened);
  expect(program.lent?.write(0, randomBytes(block))).toBe(false);
  expect(program.lent?.sync()).toBe(false);
  await opened.service.stop(null);
});

it('reads as its model whatever happens in between, before a crash and after it', async () => {
  const opened = await openVault(bench.places);
  const { session } = opened;
  const program = await Program.create(opened, 40);
  // As a linear congruential generator has them, so that a failure comes again.
  let seed = 1;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * limit);
  };
  const steps: (() => unknown)[] = [
    () => session.writing.rewriting.look(),
    () => session.writing.seal(),
    () => session.changes.version(program.ino),
    () => program.write(below(program.content.length), randomBytes(1 + below(6_000))),
    () => program.truncate(program.content.length - below(5_000)),
    () => program.truncate(program.content.length + below(9_000)),
    () => session.writing.durability.syncAll(),
    () => session.writing.durability.shredJournal(),
    async () => expect(await read(opened, program.ino)).toEqual(program.content),
    () => {
      const name = Buffer.from(`n${below(1_000_000)}`);
      make(session.changes, { parent: rootInode, name }, { kind: 'fifo', mode: 0o600 }, caller);
    },
  ];
  for (let i = 0; i < 60; i++) {
    for (let cycle = below(12); cycle >= 0; cycle--) {
      const whole = Math.floor(program.content.length / block);
      await program.write(below(whole) * block, randomBytes(block));
      await program.sync();
    }
    if (below(2) === 0) await program.write(0, randomBytes(block));
    await steps[below(steps.length)]?.();
  }
  expect(await read(opened, program.ino)).toEqual(program.content);
  await program.rewrite(70);
  expect(program.past).toBeGreaterThan(100);
  await expectAfterCrash(opened, program);
});
