import { randomBytes } from 'node:crypto';
import { closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Threads } from '../index.js';
import { SampleVault } from './vault.fixture.js';

const vault = new SampleVault();
afterAll(() => vault.destroy());

describe('a reader of whole cubes', () => {
  it('gives out and caches no good vertex of a cube with a bad one', async () => {
    const cube = await vault.store(randomBytes(10 * 65536));
    const file = vault.read(cube.id);
    file.writeUInt8(file.readUInt8(4096 + 9 * 65536) ^ 1, 4096 + 9 * 65536);
    vault.write(cube.id, file);
    const fault = { ok: false, fault: 'tag', vertex: 9, inode: expect.any(BigInt) };
    const reader = vault.reader({ wholeCubes: true, threads: 1 });
    const target = Buffer.alloc(65536, 0xaa);
    reader.prefetch(cube);
    // Queued behind the prefetch, on the one thread.
    expect(await reader.read(cube, 9 * 65536, 65536, target, 0)).toEqual(fault);
    for (let vertex = 0; vertex < 9; vertex++) {
      expect(reader.readCached(cube, vertex * 65536, 65536, target, 0)).toBe(false);
      expect(await reader.read(cube, vertex * 65536, 65536, target, 0)).toEqual(fault);
    }
    expect(target.every((byte) => byte === 0)).toBe(true);
    expect(reader.stats()).toMatchObject({ servedBytes: 0, cachedBytes: 0 });
    const path = join(vault.path, 'nothing');
    const fd = openSync(path, 'w+');
    const threads = new Threads(1);
    expect(await reader.exportTo(cube, 0, 65536, fd, 0, threads)).toEqual(fault);
    threads.close();
    closeSync(fd);
    expect(statSync(path).size).toBe(0);
    await reader.stop();
  });

  it('checks a cube once, and serves it then', async () => {
    const data = randomBytes(10 * 65536);
    const cube = await vault.store(data);
    const reader = vault.reader({ wholeCubes: true, cacheBytes: 0 });
    const target = Buffer.alloc(65536);
    for (const vertex of [3, 4]) {
      expect(await reader.read(cube, vertex * 65536, 65536, target, 0)).toEqual({ ok: true });
      expect(target.equals(data.subarray(vertex * 65536, (vertex + 1) * 65536))).toBe(true);
    }
    expect(reader.stats().decryptedBytes).toBe((10 + 2) * 65536);
    await reader.stop();
  });

  it('checks a cube once for all who ask for it at one time', async () => {
    const data = randomBytes(10 * 65536);
    for (let round = 0; round < 20; round++) {
      const cube = await vault.store(data);
      const reader = vault.reader({ wholeCubes: true, cacheBytes: 0, threads: 4 });
      const target = Buffer.alloc(data.length);
      const each = Array.from({ length: 10 }, (_, vertex) =>
        reader.read(cube, vertex * 65536, 65536, target, vertex * 65536),
      );
      expect(await Promise.all(each)).toEqual(each.map(() => ({ ok: true })));
      expect(target.equals(data)).toBe(true);
      expect(reader.stats().decryptedBytes).toBe((10 + 10) * 65536);
      await reader.stop();
    }
  });
});
