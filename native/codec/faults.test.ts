import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CubeRef, type CubeResult, scrubCube, Threads } from '../index.js';
import { buildCube, type Wrong } from './cube.fixture.js';
import { keyringOf, SampleVault } from './vault.fixture.js';

const vault = new SampleVault();
afterAll(() => vault.destroy());

const pathOf = (cube: CubeRef) => join(vault.path, vault.cubePath(cube.id));

/** Reads a whole cube in every way there is; on a fault all must zero the target and agree. */
async function readAll(cube: CubeRef): Promise<CubeResult> {
  const results: CubeResult[] = [];
  for (const [wholeCubes, fresh] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    const reader = vault.reader({ wholeCubes });
    const target = Buffer.alloc(cube.length, 0xaa);
    const result = await reader.read(cube, 0, cube.length, target, 0, { fresh });
    if (!result.ok) {
      expect(target.every((byte) => byte === 0)).toBe(true);
      expect(reader.stats().faults).toBeGreaterThan(0);
      expect(reader.readCached(cube, 0, cube.length, target, 0)).toBe(false);
    }
    results.push(result, await reader.verify(cube, null));
    await reader.stop();
  }
  const [first] = results;
  if (first === undefined) throw new Error('no result');
  for (const result of results) expect(result).toEqual(first);
  return first;
}

function flip(cube: CubeRef, at: number): void {
  const file = vault.read(cube.id);
  file.writeUInt8(file.readUInt8(at) ^ 0x10, at);
  vault.write(cube.id, file);
}

const inodeOf = (cube: CubeRef) => statSync(pathOf(cube), { bigint: true }).ino;

describe('one flipped bit', () => {
  it.each([
    ['malformed', 0],
    ['malformed', 8],
    ['malformed', 10],
    ['malformed', 13],
    ['malformed', 20],
    ['malformed', 80],
    ['malformed', 85],
    ['malformed', 120 + 16 * 15],
    ['malformed', 1016],
    ['malformed', 4095],
    ['sealed', 14], // key epoch
    ['sealed', 48], // salt
    ['sealed', 88], // ciphertext root
    ['sealed', 120], // a tag
    ['sealed', 376],
    ['sealed', 935],
    ['sealed', 936],
    ['tag', 4096],
    ['tag', 4096 + 65535],
  ])('gives %s at byte %i', async (fault, at) => {
    const cube = await vault.store(randomBytes(150_000));
    flip(cube, at);
    const vertex = fault === 'tag' ? { vertex: 0 } : {};
    expect(await readAll(cube)).toEqual({ ok: false, fault, inode: inodeOf(cube), ...vertex });
  });

  it('names the vertex and leaves the others readable', async () => {
    const data = randomBytes(5 * 65536);
    const cube = await vault.store(data);
    flip(cube, 4096 + 3 * 65536 + 100);
    expect(await readAll(cube)).toEqual({ ok: false, fault: 'tag', vertex: 3, inode: inodeOf(cube) });
    const reader = vault.reader();
    const target = Buffer.alloc(65536);
    for (const vertex of [0, 1, 2, 4]) {
      expect(await reader.read(cube, vertex * 65536, 65536, target, 0)).toEqual({ ok: true });
      expect(target.equals(data.subarray(vertex * 65536, (vertex + 1) * 65536))).toBe(true);
    }
    await reader.stop();
  });

  it('in the padding of a padded cube is found by what reads the whole cube', async () => {
    const cube = await vault.store(randomBytes(10), { pad: 'cube' });
    flip(cube, 4096 + 9 * 65536);
    const reader = vault.reader();
    const target = Buffer.alloc(10);
    expect(await reader.read(cube, 0, 10, target, 0)).toEqual({ ok: true });
    const fault = { ok: false, fault: 'tag', vertex: 9, inode: inodeOf(cube) };
    expect(await reader.read(cube, 0, 10, target, 0, { fresh: true })).toEqual(fault);
    const strict = vault.reader({ wholeCubes: true });
    expect(await strict.read(cube, 0, 10, target, 0)).toEqual(fault);
    await strict.stop();
    expect(await reader.verify(cube, null)).toEqual(fault);
    await reader.stop();
  });

  it('in the signature harms verify with a key and nobody else', async () => {
    const cube = await vault.store(randomBytes(1000));
    flip(cube, 1000);
    expect(await readAll(cube)).toEqual({ ok: true });
    const reader = vault.reader();
    const fault = { ok: false, fault: 'signature', inode: inodeOf(cube) };
    expect(await reader.verify(cube, vault.keyring.publicKey())).toEqual(fault);
    await reader.stop();
  });
});

it('a cube of a later version is told apart from one that is damaged', async () => {
  const cube = await vault.store(randomBytes(5000));
  const file = vault.read(cube.id);
  file.writeUInt16LE(2, 8);
  file.writeUInt8(file.readUInt8(50) ^ 1, 50);
  vault.write(cube.id, file);
  const newer = { ok: false, fault: 'newer', version: 2, inode: inodeOf(cube) };
  expect(await readAll(cube)).toEqual(newer);
  const scrubbed = (key: Buffer | null) => scrubCube(vault.fd, cube.id, vault.uuid, key);
  expect(await scrubbed(vault.keyring.publicKey())).toEqual(newer);
  // The version alone was changed.
  file.writeUInt8(file.readUInt8(50) ^ 1, 50);
  vault.write(cube.id, file);
  expect(await readAll(cube)).toMatchObject({ fault: 'malformed' });
  expect(await scrubbed(vault.keyring.publicKey())).toMatchObject({ fault: 'malformed' });
});

describe('an authentic cube that breaks a rule', () => {
  const cases: [string, Wrong][] = [
    ['root', { vertexHashes: (hashes) => hashes.splice(1, 1, randomBytes(32)) }],
    ['padding', { padded: (padded) => padded.writeUInt8(1, padded.length - 1) }],
    ['root', { length: 149_999 }],
    ['malformed', { length: 65536 }],
    ['sealed', { length: 0 }],
    ['sealed', { length: 1048577 }],
    ['sealed', { sealed: (sealed) => sealed.writeUInt8(1, 559) }],
    ['sealed', { sealed: (sealed) => sealed.writeUInt8(1, 32 * 3) }],
  ];

  it.each(cases)('is refused: %s', async (fault, wrong) => {
    const { cube, file } = buildCube(randomBytes(150_000), vault.vmk, vault.uuid, wrong);
    vault.write(cube.id, file);
    expect(await readAll(cube)).toMatchObject({ ok: false, fault, inode: inodeOf(cube) });
  });

  it('is refused: content that is not what the vertex hashes and root say', async () => {
    // Tags are right, the root is right for the hashes, but the bytes are others.
    const [claimed, actual] = [randomBytes(150_000), randomBytes(150_000)];
    const { cube, file } = buildCube(claimed, vault.vmk, vault.uuid, {
      padded: (padded) => actual.copy(padded),
    });
    vault.write(cube.id, file);
    expect(await readAll(cube)).toEqual({ ok: false, fault: 'leaf', vertex: 0, inode: inodeOf(cube) });
  });

  it('is found by verify: a signed ciphertext root that is not the one of the ciphertext', async () => {
    const data = randomBytes(150_000);
    const { cube, file } = buildCube(data, vault.vmk, vault.uuid, {
      ciphertextRoot: randomBytes(32),
      sign: (message) => vault.keyring.sign(message),
    });
    vault.write(cube.id, file);
    const reader = vault.reader();
    const key = vault.keyring.publicKey();
    const fault = { ok: false, fault: 'root', inode: inodeOf(cube) };
    expect(await reader.verify(cube, key)).toEqual(fault);
    expect(await reader.verify(cube, null)).toEqual(fault);
    expect(await scrubCube(vault.fd, cube.id, vault.uuid, key)).toEqual(fault);
    // Nothing else is wrong with it.
    const target = Buffer.alloc(data.length);
    expect(await reader.read(cube, 0, data.length, target, 0)).toEqual({ ok: true });
    expect(target.equals(data)).toBe(true);
    const right = buildCube(data, vault.vmk, vault.uuid, { sign: (message) => vault.keyring.sign(message) });
    vault.write(cube.id, right.file);
    expect(await reader.verify(cube, key)).toEqual({ ok: true });
    await reader.stop();
  });

  it('is taken when it breaks none', async () => {
    const data = randomBytes(150_000);
    const { cube, file } = buildCube(data, vault.vmk, vault.uuid, { flags: 77 * 65536 });
    vault.write(cube.id, file);
    const reader = vault.reader();
    reader.resume(keyringOf(vault.vmk, vault.uuid, 77));
    const target = Buffer.alloc(data.length);
    expect(await reader.read(cube, 0, data.length, target, 0)).toEqual({ ok: true });
    expect(target.equals(data)).toBe(true);
    await reader.stop();
  });
});

describe('another file in the place of a cube', () => {
  it('is refused when it is another cube of the vault', async () => {
    const [cube, other] = [await vault.store(randomBytes(5000)), await vault.store(randomBytes(5000))];
    vault.write(cube.id, vault.read(other.id));
    expect(await readAll(cube)).toEqual({ ok: false, fault: 'malformed', inode: inodeOf(cube) });
  });

  it('is refused when it is a cube of another vault under the right name', async () => {
    const data = randomBytes(5000);
    const cube = await vault.store(data);
    const foreign = buildCube(data, randomBytes(32), vault.uuid);
    const file = Buffer.from(foreign.file);
    cube.id.copy(file, 16);
    vault.write(cube.id, file);
    expect(await readAll(cube)).toEqual({ ok: false, fault: 'sealed', inode: inodeOf(cube) });
  });

  it('is refused when it is an older, authentic encryption of other content', async () => {
    const cube = await vault.store(randomBytes(5000));
    const wrongRoot = { ...cube, root: randomBytes(32) };
    expect(await readAll(wrongRoot)).toEqual({ ok: false, fault: 'root', inode: inodeOf(cube) });
    const wrongLength = { ...cube, length: 4999 };
    expect(await readAll(wrongLength)).toEqual({ ok: false, fault: 'root', inode: inodeOf(cube) });
  });

  it.each([
    ['root', { root: randomBytes(32) }],
    ['length', { length: 149_999 }],
  ])('is refused under another %s while it is open under the right one', async (_, other) => {
    const cube = await vault.store(randomBytes(150_000));
    const reader = vault.reader();
    const target = Buffer.alloc(10);
    expect(await reader.read(cube, 0, 10, target, 0)).toEqual({ ok: true });
    // In the vertex that is in no cache, and in the one that is.
    for (const offset of [70_000, 0]) {
      target.fill(1);
      const result = await reader.read({ ...cube, ...other }, offset, 10, target, 0);
      expect(result).toEqual({ ok: false, fault: 'root', inode: inodeOf(cube) });
      expect(target.every((byte) => byte === 0)).toBe(true);
    }
    expect(await reader.read(cube, 70_000, 10, target, 0)).toEqual({ ok: true });
    await reader.stop();
  });

  it('is refused when it is a link, even to the very cube', async () => {
    const cube = await vault.store(randomBytes(5000));
    renameSync(pathOf(cube), `${pathOf(cube)}.real`);
    symlinkSync(`${pathOf(cube)}.real`, pathOf(cube));
    expect(await readAll(cube)).toEqual({ ok: false, fault: 'malformed' });
  });

  it('is refused when a directory on the way is a link', async () => {
    const cube = await vault.store(randomBytes(5000));
    const folder = dirname(pathOf(cube));
    renameSync(folder, join(vault.path, 'moved'));
    symlinkSync(join(vault.path, 'moved'), folder);
    expect(await readAll(cube)).toEqual({ ok: false, fault: 'malformed' });
    unlinkSync(folder);
    renameSync(join(vault.path, 'moved'), folder);
  });

  it('is refused when it is a directory or a FIFO, without waiting', async () => {
    const cube = await vault.store(randomBytes(5000));
    rmSync(pathOf(cube));
    mkdirSync(pathOf(cube));
    expect(await readAll(cube)).toMatchObject({ ok: false, fault: 'malformed' });
    rmSync(pathOf(cube), { recursive: true });
    execFileSync('mkfifo', [pathOf(cube)]);
    expect(await readAll(cube)).toMatchObject({ ok: false, fault: 'malformed' });
    rmSync(pathOf(cube));
  });

  it('is missing when there is none', async () => {
    const cube = await vault.store(randomBytes(5000));
    rmSync(pathOf(cube));
    expect(await readAll(cube)).toEqual({ ok: false, fault: 'missing' });
  });

  it.each([0, 100, 4096, 8191, 8193, 100_000])('is malformed at %i bytes', async (length) => {
    const cube = await vault.store(randomBytes(4096));
    truncateSync(pathOf(cube), length);
    expect(await readAll(cube)).toEqual({ ok: false, fault: 'malformed', inode: inodeOf(cube) });
  });

  it('is malformed when it is cut while it is open', async () => {
    const cube = await vault.store(randomBytes(200_000));
    const reader = vault.reader();
    const target = Buffer.alloc(10);
    await reader.read(cube, 0, 10, target, 0);
    truncateSync(pathOf(cube), 4096 + 65536);
    const result = await reader.read(cube, 150_000, 10, target, 0);
    expect(result).toEqual({ ok: false, fault: 'malformed', inode: inodeOf(cube) });
    await reader.stop();
  });

  it('meets a change made after the header was read', async () => {
    const cube = await vault.store(randomBytes(200_000));
    const reader = vault.reader();
    const target = Buffer.alloc(10);
    await reader.read(cube, 0, 10, target, 0);
    const fd = openSync(pathOf(cube), constants.O_RDWR);
    writeFileSync(fd, Buffer.from('SHERIN::'));
    closeSync(fd);
    const body = vault.read(cube.id);
    body.writeUInt8(body.readUInt8(4096 + 150_000) ^ 1, 4096 + 150_000);
    const again = openSync(pathOf(cube), constants.O_RDWR);
    writeFileSync(again, body);
    closeSync(again);
    const result = await reader.read(cube, 150_000, 10, target, 0);
    expect(result).toEqual({ ok: false, fault: 'tag', vertex: 2, inode: inodeOf(cube) });
    await reader.stop();
  });
});

describe('exportTo', () => {
  it('writes nothing of a vertex that does not verify', async () => {
    const data = randomBytes(200_000);
    const cube = await vault.store(data);
    flip(cube, 4096 + 65536);
    const path = join(vault.path, 'target');
    const fd = openSync(path, 'w+');
    const reader = vault.reader();
    const threads = new Threads(1);
    const result = await reader.exportTo(cube, 0, 200_000, fd, 0, threads);
    expect(result).toEqual({ ok: false, fault: 'tag', vertex: 1, inode: inodeOf(cube) });
    threads.close();
    closeSync(fd);
    expect(readFileSync(path).equals(data.subarray(0, 65536))).toBe(true);
    await reader.stop();
  });
});

describe('scrubCube', () => {
  it('checks every byte without keys', async () => {
    const cube = await vault.store(randomBytes(150_000));
    const key = vault.keyring.publicKey();
    expect(await scrubCube(vault.fd, cube.id, vault.uuid, key)).toEqual({ ok: true });
    expect(await scrubCube(vault.fd, cube.id, vault.uuid, null)).toEqual({ ok: true });
    const scrub = async () => await scrubCube(vault.fd, cube.id, vault.uuid, key);
    const file = vault.read(cube.id);
    const positions = [0, 20, 48, 90, 130, 400, 940, 955, 1015, 2000, 4096, 100_000, file.length - 1];
    for (const at of positions) {
      flip(cube, at);
      const result = await scrub();
      expect(result.ok).toBe(false);
      vault.write(cube.id, file);
    }
    flip(cube, 4096);
    expect(await scrub()).toEqual({ ok: false, fault: 'root', inode: inodeOf(cube) });
    vault.write(cube.id, file);
    flip(cube, 400);
    expect(await scrub()).toEqual({ ok: false, fault: 'signature', inode: inodeOf(cube) });
  });

  it('knows another vault by its signature', async () => {
    const cube = await vault.store(randomBytes(1000));
    const other = { ok: false, fault: 'signature', inode: inodeOf(cube) };
    expect(await scrubCube(vault.fd, cube.id, vault.uuid, randomBytes(32))).toEqual(other);
    expect(await scrubCube(vault.fd, cube.id, randomBytes(16), vault.keyring.publicKey())).toEqual(other);
  });

  it('reports what is not there', async () => {
    expect(await scrubCube(vault.fd, randomBytes(32), vault.uuid, null)).toEqual({
      ok: false,
      fault: 'missing',
    });
    expect(() => scrubCube(vault.fd, randomBytes(31), vault.uuid, null)).toThrow(RangeError);
  });
});
