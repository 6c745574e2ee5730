import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CubeReader, type CubeRef, Threads } from '../index.js';
import { SampleVault } from './vault.fixture.js';

const vault = new SampleVault();
const threads = new Threads(1);
afterAll(() => {
  threads.close();
  vault.destroy();
});

const size = 1048576 - 1234;
const data = randomBytes(size);
let cube: CubeRef;
beforeAll(async () => {
  cube = await vault.store(data);
});

const ok = { ok: true };
const wiped = { ok: false, fault: 'io', errno: 'EWIPED' };

describe('CubeReader.read', () => {
  it.each([1, 2, 4])('gives any range of a cube with %i threads', async (threads) => {
    const reader = vault.reader({ threads });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(size - 1),
        fc.nat(size),
        fc.nat(100),
        fc.boolean(),
        async (offset, wish, at, fresh) => {
          const length = Math.max(1, Math.min(wish, size - offset));
          const target = Buffer.alloc(at + length + 7, 0xee);
          expect(await reader.read(cube, offset, length, target, at, { fresh })).toEqual(ok);
          expect(target.subarray(at, at + length).equals(data.subarray(offset, offset + length))).toBe(true);
          expect(target.subarray(0, at).every((byte) => byte === 0xee)).toBe(true);
          expect(target.subarray(at + length).every((byte) => byte === 0xee)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
    await reader.stop();
  });

  it.each([0, 65536, 3 * 65536, 20 * 65536])('is right with a cache of %i bytes', async (cacheBytes) => {
    const reader = vault.reader({ cacheBytes, threads: 3 });
    const reads = Array.from({ length: 30 }, async (_, i) => {
      const target = Buffer.alloc(300_000);
      expect(await reader.read(cube, i * 20_000, 300_000, target, 0)).toEqual(ok);
      expect(target.equals(data.subarray(i * 20_000, i * 20_000 + 300_000))).toBe(true);
    });
    await Promise.all(reads);
    expect(reader.stats().cachedBytes).toBeLessThanOrEqual(cacheBytes);
    await reader.stop();
  });

  it('decrypts a vertex once for many readers at a time', async () => {
    const reader = vault.reader({ threads: 4 });
    const targets = Array.from({ length: 64 }, () => Buffer.alloc(4096));
    await Promise.all(targets.map((target, i) => reader.read(cube, 65536 + i * 1000, 4096, target, 0)));
    targets.forEach((target, i) => {
      expect(target.equals(data.subarray(65536 + i * 1000, 65536 + i * 1000 + 4096))).toBe(true);
    });
    expect(reader.stats().decryptedBytes).toBe(2 * 65536);
    await reader.stop();
  });

  it('reads many cubes at once, more than it keeps open', async () => {
    const many = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const content = randomBytes(5000);
        return { content, ref: await vault.store(content) };
      }),
    );
    const reader = vault.reader({ cacheBytes: 50 * 65536 });
    for (let round = 0; round < 2; round++) {
      await Promise.all(
        many.map(async ({ content, ref }) => {
          const target = Buffer.alloc(5000);
          expect(await reader.read(ref, 0, 5000, target, 0)).toEqual(ok);
          expect(target.equals(content)).toBe(true);
        }),
      );
    }
    await reader.stop();
  });

  it('counts what it did', async () => {
    const reader = vault.reader();
    const target = Buffer.alloc(100);
    await reader.read(cube, 0, 100, target, 0);
    await reader.read(cube, 0, 100, target, 0);
    const stats = reader.stats();
    expect(stats).toMatchObject({ hits: 1, misses: 1, decryptedBytes: 65536, servedBytes: 200, faults: 0 });
    expect(stats.cachedBytes).toBe(65536);
    await reader.stop();
    expect(reader.stats().cachedBytes).toBe(0);
  });
});

describe('CubeReader.readCached', () => {
  it('answers only what is in the cache', async () => {
    const reader = vault.reader();
    const target = Buffer.alloc(65536, 1);
    expect(reader.readCached(cube, 0, 65536, target, 0)).toBe(false);
    expect(target.every((byte) => byte === 1)).toBe(true);
    await reader.read(cube, 10, 1, target, 0);
    expect(reader.readCached(cube, 0, 65536, target, 0)).toBe(true);
    expect(target.equals(data.subarray(0, 65536))).toBe(true);
    expect(reader.readCached(cube, 65535, 2, target, 0)).toBe(false);
    await reader.stop();
  });

  it('does not answer for another root or length under the same ID', async () => {
    const reader = vault.reader();
    const target = Buffer.alloc(10);
    await reader.read(cube, 0, 10, target, 0);
    expect(reader.readCached({ ...cube, root: randomBytes(32) }, 0, 10, target, 0)).toBe(false);
    expect(reader.readCached({ ...cube, length: cube.length - 1 }, 0, 10, target, 0)).toBe(false);
    await reader.stop();
  });

  it('forgets a cube on drop', async () => {
    const reader = vault.reader();
    const target = Buffer.alloc(10);
    await reader.read(cube, 0, 10, target, 0);
    reader.drop(cube.id);
    expect(reader.readCached(cube, 0, 10, target, 0)).toBe(false);
    expect(reader.stats().cachedBytes).toBe(0);
    await reader.stop();
  });
});

describe('CubeReader.prefetch', () => {
  it('brings a whole cube into the cache', async () => {
    const reader = vault.reader();
    reader.prefetch(cube);
    const target = Buffer.alloc(size);
    while (!reader.readCached(cube, 0, size, target, 0))
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(target.equals(data)).toBe(true);
    expect(reader.stats().decryptedBytes).toBe(size);
    await reader.stop();
  });

  it('may be asked for without end, or for what is not there', async () => {
    const reader = vault.reader({ cacheBytes: 4 * 65536 });
    for (let i = 0; i < 1000; i++) reader.prefetch(i % 2 === 0 ? cube : { ...cube, id: randomBytes(32) });
    const target = Buffer.alloc(10);
    expect(await reader.read(cube, size - 10, 10, target, 0)).toEqual(ok);
    await reader.stop();
  });
});

describe('CubeReader.exportTo', () => {
  const path = join(vault.path, 'exported');

  it('writes the asked range at the asked place', async () => {
    const reader = vault.reader();
    const fd = openSync(path, 'w+');
    expect(await reader.exportTo(cube, 60_000, 500_000, fd, 123, threads)).toEqual(ok);
    closeSync(fd);
    const written = readFileSync(path);
    expect(written.length).toBe(500_123);
    expect(written.subarray(123).equals(data.subarray(60_000, 560_000))).toBe(true);
    expect(reader.stats().cachedBytes).toBe(0);
    await reader.stop();
  });

  it('reports a target that takes no bytes as such, not as a fault of the cube', async () => {
    const target = (errno: string) => ({ ok: false, fault: 'target', errno });
    const reader = vault.reader();
    const fd = openSync(path, 'r');
    expect(await reader.exportTo(cube, 0, 10, fd, 0, threads)).toEqual(target('EBADF'));
    closeSync(fd);
    const full = openSync('/dev/full', 'w');
    expect(await reader.exportTo(cube, 0, 10, full, 0, threads)).toEqual(target('ENOSPC'));
    expect(reader.stats().faults).toBe(0);
    closeSync(full);
    await reader.stop();
  });
});

describe('stop and resume', () => {
  it('gives out nothing while stopped', async () => {
    const reader = vault.reader();
    const target = Buffer.alloc(100);
    await reader.read(cube, 0, 100, target, 0);
    await reader.stop();
    target.fill(9);
    expect(reader.readCached(cube, 0, 100, target, 0)).toBe(false);
    expect(await reader.read(cube, 0, 100, target, 0)).toEqual(wiped);
    expect(target.every((byte) => byte === 0)).toBe(true);
    expect(await reader.verify(cube, null)).toEqual(wiped);
    expect(await reader.exportTo(cube, 0, 1, vault.fd, 0, threads)).toEqual(wiped);
    reader.prefetch(cube);
    reader.resume(vault.keyring);
    expect(await reader.read(cube, 0, 100, target, 0)).toEqual(ok);
    expect(target.equals(data.subarray(0, 100))).toBe(true);
    await reader.stop();
  });

  it('takes back what was under way', async () => {
    const reader = vault.reader({ threads: 2 });
    const targets = Array.from({ length: 50 }, () => Buffer.alloc(size, 1));
    const reads = targets.map((target) => reader.read(cube, 0, size, target, 0));
    const stopped = reader.stop();
    expect(await Promise.all(reads)).toEqual(targets.map(() => wiped));
    await stopped;
    for (const target of targets) expect(target.every((byte) => byte === 0)).toBe(true);
    expect(reader.stats().cachedBytes).toBe(0);
  });

  it('takes back a read that had ended well but was not answered yet', async () => {
    const reader = vault.reader({ threads: 1 });
    const target = Buffer.alloc(4096, 1);
    const read = reader.read(cube, 0, 4096, target, 0);
    // Nothing is answered while this turn lasts; that the read is over tells its count.
    while (reader.stats().servedBytes === 0);
    expect(target.equals(data.subarray(0, 4096))).toBe(true);
    const stopped = reader.stop();
    expect(await read).toEqual(wiped);
    expect(target.every((byte) => byte === 0)).toBe(true);
    await stopped;
  });

  it('may be stopped twice, and before it ever had keys', async () => {
    const reader = new CubeReader({
      vaultFd: vault.fd,
      cacheBytes: 0,
      threads: 1,
      uuid: vault.uuid,
      wholeCubes: false,
    });
    expect(await reader.read(cube, 0, 1, Buffer.alloc(1), 0)).toEqual(wiped);
    await Promise.all([reader.stop(), reader.stop()]);
  });
});

describe('a cube file that is replaced while it is open', () => {
  it('is read on from the file that was verified', async () => {
    const content = randomBytes(200_000);
    const ref = await vault.store(content);
    const reader = vault.reader();
    const target = Buffer.alloc(10);
    await reader.read(ref, 0, 10, target, 0);
    const path = join(vault.path, vault.cubePath(ref.id));
    const before = statSync(path).ino;
    renameSync(path, join(vault.path, 'old'));
    await vault.store(content); // another salt, another file
    expect(statSync(path).ino).not.toBe(before);
    expect(await reader.read(ref, 150_000, 10, target, 0)).toEqual(ok);
    expect(target.equals(content.subarray(150_000, 150_010))).toBe(true);
    expect(await reader.read(ref, 100_000, 10, target, 0, { fresh: true })).toEqual(ok);
    expect(target.equals(content.subarray(100_000, 100_010))).toBe(true);
    rmSync(path);
    expect(await reader.read(ref, 0, 10, target, 0, { fresh: true })).toEqual({
      ok: false,
      fault: 'missing',
    });
    await reader.stop();
  });
});

describe('misuse', () => {
  it('throws at once', async () => {
    const reader = vault.reader();
    const target = Buffer.alloc(10);
    const bad = (...args: readonly unknown[]) => {
      for (const method of ['read', 'readCached'] as const) {
        const call: (...args: never[]) => unknown = reader[method];
        expect(() => Reflect.apply(call, reader, args)).toThrow(/must|expected|shorter/);
      }
    };
    bad();
    bad(cube, 0, 0, target, 0);
    bad(cube, 0, 11, target, 0);
    bad(cube, 0, 10, target, 1);
    bad(cube, -1, 10, target, 0);
    bad(cube, size - 5, 10, target, 0);
    bad(cube, size, 1, target, 0);
    bad(cube, 0.5, 1, target, 0);
    bad(cube, 0, 1, new Uint16Array(1).buffer, 0);
    bad({ ...cube, id: Buffer.alloc(31) }, 0, 1, target, 0);
    bad({ ...cube, root: 'root' }, 0, 1, target, 0);
    bad({ ...cube, length: 0 }, 0, 1, target, 0);
    bad({ ...cube, length: 1048577 }, 0, 1, target, 0);
    bad(null, 0, 1, target, 0);
    expect(() => reader.read(cube, 0, 1, target, 0, { fresh: 1 as unknown as boolean })).toThrow(TypeError);
    expect(() => reader.verify(cube, Buffer.alloc(31))).toThrow(RangeError);
    expect(() => reader.exportTo(cube, 0, 1, -1, 0, threads)).toThrow(RangeError);
    expect(() => reader.exportTo(cube, 0, 1, vault.fd, 0, {} as Threads)).toThrow(TypeError);
    const closed = new Threads(1);
    closed.close();
    closed.close();
    expect(() => reader.exportTo(cube, 0, 1, vault.fd, 0, closed)).toThrow(
      expect.objectContaining({ code: 'EBADF' }),
    );
    expect(() => new Threads(0)).toThrow(RangeError);
    expect(() => reader.drop(Buffer.alloc(1))).toThrow(RangeError);
    expect(() => reader.resume({} as never)).toThrow(TypeError);
    const options = { vaultFd: vault.fd, cacheBytes: 0, threads: 1, uuid: vault.uuid, wholeCubes: false };
    expect(() => new CubeReader({ ...options, threads: 0 })).toThrow(RangeError);
    expect(() => new CubeReader({ ...options, wholeCubes: undefined as never })).toThrow(TypeError);
    expect(() => new CubeReader({ ...options, cacheBytes: -1 })).toThrow(RangeError);
    expect(() => new CubeReader({ ...options, vaultFd: 1_000_000 })).toThrow(
      expect.objectContaining({ code: 'EBADF' }),
    );
    expect(() => new CubeReader(undefined as never)).toThrow(TypeError);
    await reader.stop();
  });
});
