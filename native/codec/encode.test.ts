import { createPublicKey, randomBytes, verify } from 'node:crypto';
import {
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rootOfBlocks } from '../../common/merkle.js';
import { fine, runScript } from '../child.fixture.js';
import { type EncodeOptions, Encoder, encodeBuffer, type PadMode } from '../index.js';
import { cubeId, decodeCube } from './cube.fixture.js';
import { keyringOf, SampleVault } from './vault.fixture.js';

const vault = new SampleVault();
afterAll(() => vault.destroy());

const code = (name: string, syscall?: string) =>
  expect.objectContaining(syscall === undefined ? { code: name } : { code: name, syscall });

async function temporaryOf(data: Buffer, more: Partial<EncodeOptions> = {}) {
  const encoded = await encodeBuffer(data, vault.options(more));
  if (encoded.kind !== 'cube' || encoded.temporary === null) throw new Error('no new cube');
  return { ...encoded, path: join(vault.path, 'cubes', 'tmp', encoded.temporary) };
}

describe('encodeBuffer', () => {
  it.each([1, 100, 4096, 4097, 65535, 65536, 65537, 131072, 1048575, 1048576])(
    'writes %i bytes as FORMAT.md says',
    async (size) => {
      const data = randomBytes(size);
      const { cube, path, stored } = await temporaryOf(data, {
        owner: 7,
        keyring: keyringOf(vault.vmk, vault.uuid, 513),
      });
      const file = readFileSync(path);
      const decoded = decodeCube(file, vault.vmk, vault.uuid);
      expect(decoded.data.equals(data)).toBe(true);
      expect(decoded.id).toEqual(cube.id);
      expect(decoded.root).toEqual(cube.root);
      expect(cube.root).toEqual(rootOfBlocks(data));
      expect(cube.id).toEqual(cubeId(vault.vmk, vault.uuid, 7, cube.root, size));
      expect(cube.length).toBe(size);
      expect(decoded.flags).toBe(513 * 65536);
      expect(decoded.ciphertextRootMatches).toBe(true);
      expect(file.length).toBe(4096 + Math.ceil(size / 4096) * 4096);
      expect(stored).toBe(file.length);
      expect(statSync(path).mode & 0o7777).toBe(0o600);
    },
  );

  it.each<[PadMode, number, number, number]>([
    ['4k', 0, 2, 4096],
    ['vertex', 1, 2, 65536],
    ['cube', 2, 16, 65536],
  ])('pads in mode %s', async (pad, mode, count, last) => {
    const data = randomBytes(65536 + 10);
    const { path } = await temporaryOf(data, { pad });
    const decoded = decodeCube(readFileSync(path), vault.vmk, vault.uuid);
    expect([decoded.flags, decoded.count, decoded.last]).toEqual([mode, count, last]);
    expect(decoded.data).toEqual(data);
  });

  it('signs with the key of the vault', async () => {
    const { path } = await temporaryOf(randomBytes(5000));
    const { signed, signature } = decodeCube(readFileSync(path), vault.vmk, vault.uuid);
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), vault.keyring.publicKey()]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    expect(verify(null, signed, key, signature)).toBe(true);
  });

  it('never uses a salt twice', async () => {
    const data = randomBytes(4096);
    const salts = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const file = readFileSync((await temporaryOf(data)).path);
      salts.add(file.subarray(48, 80).toString('hex'));
    }
    expect(salts.size).toBe(20);
  });

  it('answers zeros with a hole and writes nothing', async () => {
    const before = vault.temporaries().length;
    for (const size of [1, 4096, 1048576]) {
      expect(await encodeBuffer(Buffer.alloc(size), vault.options())).toEqual({ kind: 'hole' });
    }
    expect(vault.temporaries().length).toBe(before);
    const almost = Buffer.alloc(1048576);
    almost[1048575] = 1;
    expect((await encodeBuffer(almost, vault.options())).kind).toBe('cube');
  });

  it('refuses misuse at once', () => {
    const data = randomBytes(10);
    const bad = (more: object) => () => encodeBuffer(data, { ...vault.options(), ...more } as EncodeOptions);
    expect(() => encodeBuffer(Buffer.alloc(0), vault.options())).toThrow(RangeError);
    expect(() => encodeBuffer(Buffer.alloc(1048577), vault.options())).toThrow(RangeError);
    expect(bad({ pad: '8k' })).toThrow(TypeError);
    expect(bad({ owner: -1 })).toThrow(RangeError);
    expect(bad({ uuid: Buffer.alloc(17) })).toThrow(RangeError);
    expect(bad({ keyring: {} })).toThrow(TypeError);
    expect(bad({ vaultFd: '3' })).toThrow(TypeError);
    expect(() => encodeBuffer(data, undefined as unknown as EncodeOptions)).toThrow(TypeError);
  });
});

describe('Encoder', () => {
  const encoder = new Encoder();
  const source = join(vault.path, 'source');
  const data = randomBytes(3 * 1048576);
  writeFileSync(source, data);
  const fd = openSync(source, 'r');
  afterAll(() => {
    encoder.close();
    closeSync(fd);
  });

  it('reads the asked range', async () => {
    const encoded = await encoder.encode(fd, 1048576, 1048576, vault.options());
    const part = data.subarray(1048576, 2097152);
    expect(encoded).toMatchObject({ kind: 'cube', cube: { root: rootOfBlocks(part), length: 1048576 } });
  });

  it('says how much there was when the file is shorter', async () => {
    const before = vault.temporaries().length;
    expect(await encoder.encode(fd, 3 * 1048576 - 10, 100, vault.options())).toEqual({
      kind: 'short',
      length: 10,
    });
    expect(await encoder.encode(fd, 4 * 1048576, 100, vault.options())).toEqual({ kind: 'short', length: 0 });
    expect(vault.temporaries().length).toBe(before);
  });

  it('rejects with the errno of what can not be read', async () => {
    const folder = openSync(vault.path, constants.O_RDONLY | constants.O_DIRECTORY);
    await expect(encoder.encode(folder, 0, 10, vault.options())).rejects.toThrow(code('EISDIR'));
    closeSync(folder);
    await expect(encoder.encode(1_000_000, 0, 10, vault.options())).rejects.toThrow(code('EBADF'));
  });

  it('takes nothing once it is closed, and closes twice', async () => {
    const closed = new Encoder();
    expect(await closed.extent(fd, 0)).toMatchObject({ size: data.length, data: 0 });
    closed.close();
    closed.close();
    expect(() => closed.extent(fd, 0)).toThrow(code('EBADF'));
    expect(() => closed.encode(fd, 0, 10, vault.options())).toThrow(code('EBADF'));
  });

  it('finds the borders of a sparse file', async () => {
    const sparse = openSync(join(vault.path, 'sparse'), 'w+');
    const mega = 1 << 20;
    ftruncateSync(sparse, 16 * mega);
    writeSync(sparse, randomBytes(65536), 0, 65536, 4 * mega);
    const borders = { size: 16 * mega, data: 4 * mega, hole: 4 * mega + 65536 };
    expect(await encoder.extent(sparse, 0)).toEqual(borders);
    expect(await encoder.extent(sparse, 4 * mega + 4096)).toEqual({ ...borders, data: 4 * mega + 4096 });
    const nothing = { size: 16 * mega, data: null, hole: 16 * mega };
    expect(await encoder.extent(sparse, 5 * mega)).toEqual(nothing);
    expect(await encoder.extent(sparse, 16 * mega)).toEqual(nothing);
    closeSync(sparse);
    await expect(encoder.extent(1_000_000, 0)).rejects.toThrow(code('EBADF', 'fstat'));
  });

  it('finds none in what is no regular file', async () => {
    const device = openSync('/dev/null', 'r');
    expect(await encoder.extent(device, 0)).toBeNull();
    expect(await encoder.begin([device], [0], vault.options())).toEqual([{ extent: null, whole: null }]);
    closeSync(device);
  });
});

describe('an equal cube in the vault', () => {
  it('is used again once all of it has verified', async () => {
    const data = randomBytes(150_000);
    const cube = await vault.store(data);
    const before = vault.temporaries().length;
    const again = await encodeBuffer(data, vault.options());
    expect(again).toEqual({
      kind: 'cube',
      cube,
      temporary: null,
      stored: vault.read(cube.id).length,
    });
    expect(vault.temporaries().length).toBe(before);
  });

  it('is used again whatever its padding', async () => {
    const data = randomBytes(150_000);
    await vault.store(data, { pad: 'cube' });
    expect(await encodeBuffer(data, vault.options())).toMatchObject({
      temporary: null,
      stored: 4096 + 1048576,
    });
  });

  it('is not shared between owners', async () => {
    const data = randomBytes(5000);
    const cube = await vault.store(data, { owner: 1000 });
    const other = await encodeBuffer(data, vault.options({ owner: 1001 }));
    expect(other).toMatchObject({ kind: 'cube', temporary: expect.any(String) });
    expect(other.kind === 'cube' && other.cube.id.equals(cube.id)).toBe(false);
  });

  it.each([
    ['header', 5],
    ['salt', 50],
    ['ciphertext root', 90],
    ['tag', 125],
    ['sealed part', 400],
    ['body', 4096 + 70_000],
  ])('is healed when its %s was changed', async (_, at) => {
    const data = randomBytes(150_000);
    const cube = await vault.store(data);
    const file = vault.read(cube.id);
    file.writeUInt8(file.readUInt8(at) ^ 1, at);
    vault.write(cube.id, file);
    const encoded = await encodeBuffer(data, vault.options());
    expect(encoded).toMatchObject({ kind: 'cube', temporary: expect.any(String) });
    await vault.place(encoded);
    expect(await encodeBuffer(data, vault.options())).toMatchObject({ temporary: null });
  });

  it('is healed when it was cut or is a link, a directory, a FIFO', async () => {
    const data = randomBytes(70_000);
    const cube = await vault.store(data);
    const path = join(vault.path, vault.cubePath(cube.id));
    const file = vault.read(cube.id);
    vault.write(cube.id, file.subarray(0, 2000));
    expect(await encodeBuffer(data, vault.options())).toMatchObject({ temporary: expect.any(String) });
    rmSync(path);
    writeFileSync(join(vault.path, 'elsewhere'), file);
    symlinkSync(join(vault.path, 'elsewhere'), path);
    expect(await encodeBuffer(data, vault.options())).toMatchObject({ temporary: expect.any(String) });
    rmSync(path);
    mkdirSync(path);
    expect(await encodeBuffer(data, vault.options())).toMatchObject({ temporary: expect.any(String) });
    rmSync(path, { recursive: true });
  });
});

describe('trouble while writing', () => {
  it('makes the directories it needs, closed to others', async () => {
    const fresh = new SampleVault();
    rmSync(join(fresh.path, 'cubes'), { recursive: true });
    const encoded = await encodeBuffer(randomBytes(10), fresh.options());
    if (encoded.kind !== 'cube') throw new Error('not a cube');
    const folder = dirname(join(fresh.path, fresh.cubePath(encoded.cube.id)));
    expect(statSync(folder).mode & 0o7777).toBe(0o700);
    await fresh.place(encoded);
    expect(fresh.read(encoded.cube.id).length).toBe(8192);
    fresh.destroy();
  });

  it('does not follow a link out of the vault', async () => {
    const fresh = new SampleVault();
    rmSync(join(fresh.path, 'cubes', 'tmp'), { recursive: true });
    symlinkSync('/tmp', join(fresh.path, 'cubes', 'tmp'));
    await expect(encodeBuffer(randomBytes(10), fresh.options())).rejects.toThrow(code('ELOOP'));
    fresh.destroy();
  });

  it('writes nothing when the directory of the cube can not be', async () => {
    const fresh = new SampleVault();
    const data = randomBytes(10);
    const cube = await fresh.store(data);
    const folder = dirname(join(fresh.path, fresh.cubePath(cube.id)));
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    await expect(encodeBuffer(data, fresh.options())).rejects.toThrow(code('ENOTDIR'));
    expect(readdirSync(join(fresh.path, 'cubes', 'tmp'))).toEqual([]);
    fresh.destroy();
  });

  it('rejects with ENOSPC on a full disk and leaves nothing', () => {
    // A small file system of its own, in a mount namespace that ends with the child.
    const mount = 'mount -t tmpfs -o size=400k none "$0" && exec "$@"';
    const folder = mkdtempSync(join(tmpdir(), 'sherin-full-'));
    const command = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, folder];
    const script = `
      const options = makeVault(${JSON.stringify(folder)});
      const error = await native.encodeBuffer(crypto.randomBytes(1048576), options).catch((error) => error);
      const left = fs.readdirSync(${JSON.stringify(join(folder, 'cubes', 'tmp'))}).length;
      const small = await native.encodeBuffer(crypto.randomBytes(4096), options);
      process.stdout.write([error.code, error.syscall, left, small.kind].join(' '));`;
    expect(runScript(script, [...command, process.execPath])).toEqual(fine('ENOSPC pwrite 0 cube'));
    rmSync(folder, { recursive: true });
  });

  it('rejects when the keyring is wiped before the work is done', async () => {
    const fresh = new SampleVault();
    const data = randomBytes(1048576);
    const options = fresh.options();
    const many = Array.from({ length: 200 }, () => encodeBuffer(data, options));
    fresh.keyring.wipe();
    const results = await Promise.allSettled(many);
    expect(results.some((result) => result.status === 'rejected')).toBe(true);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'EWIPED' });
    }
    expect(() => encodeBuffer(randomBytes(10), fresh.options())).toThrow(code('EWIPED'));
    fresh.destroy();
  });
});
