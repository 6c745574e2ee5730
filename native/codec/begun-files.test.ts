import { createPublicKey, randomBytes, verify } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type EncodeOptions, Encoder, encodeBuffer, type PadMode } from '../index.js';
import { decodeCube } from './cube.fixture.js';
import { SampleVault } from './vault.fixture.js';

const vault = new SampleVault();
afterAll(() => vault.destroy());

const code = (name: string, syscall?: string) =>
  expect.objectContaining(syscall === undefined ? { code: name } : { code: name, syscall });

/** Random, and no hole. */
function contentOf(size: number): Buffer {
  const content = randomBytes(size);
  content[0] = 1;
  return content;
}

async function cubeOf(content: Buffer, more: Partial<EncodeOptions> = {}) {
  const encoded = await encodeBuffer(content, vault.options(more));
  if (encoded.kind !== 'cube') throw new Error('no cube');
  return encoded.cube;
}

function isSigned(signed: Buffer, signature: Buffer): boolean {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), vault.keyring.publicKey()]);
  return verify(null, signed, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
}

describe('files that are begun', () => {
  const encoder = new Encoder();
  afterAll(() => encoder.close());

  /** Descriptors of files without a name. */
  const opened = (contents: readonly Buffer[]) =>
    contents.map((content) => {
      const fd = openSync(join(vault.path, 'begun'), 'w+');
      rmSync(join(vault.path, 'begun'));
      writeSync(fd, content);
      return fd;
    });

  /** Of contents that belong to 0, in the order of the contents. */
  async function begunTogether(contents: readonly Buffer[], more: Partial<EncodeOptions> = {}) {
    const fds = opened(contents);
    try {
      const owners = contents.map(() => 0);
      return await encoder.begin(fds, owners, vault.options(more));
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  }

  async function begun(fill: (fd: number) => void) {
    const fd = openSync(join(vault.path, 'begun'), 'w+');
    try {
      fill(fd);
      const [begun] = await encoder.begin([fd], [0], vault.options());
      return begun;
    } finally {
      closeSync(fd);
    }
  }

  it.each([1, 4096, 1_048_576])('are encoded when they have %d bytes', async (size) => {
    const content = contentOf(size);
    const cube = await cubeOf(content);
    expect(await begun((fd) => writeSync(fd, content))).toMatchObject({
      extent: { size, data: 0, hole: size },
      whole: { kind: 'cube', cube },
    });
  });

  it('each have their own outcome and owner, in their order', async () => {
    const contents = Array.from({ length: 40 }, (_, i) => contentOf(1 + i * 100));
    const fds = opened(contents);
    const owners = contents.map((_, i) => i);
    const missing = 1_000_000;
    const outcomes = await encoder.begin([missing, ...fds, missing], [0, ...owners, 0], vault.options());
    for (const fd of fds) closeSync(fd);
    expect(outcomes).toHaveLength(42);
    for (const at of [0, 41]) expect(outcomes[at]).toEqual(code('EBADF', 'fstat'));
    for (const [i, content] of contents.entries()) {
      const cube = await cubeOf(content, { owner: i });
      expect(outcomes[i + 1]).toMatchObject({ whole: { kind: 'cube', cube } });
    }
  });

  it('are at least one, with an owner each', () => {
    expect(() => encoder.begin([], [], vault.options())).toThrow(RangeError);
    expect(() => encoder.begin([0, 1], [0], vault.options())).toThrow(RangeError);
    expect(() => encoder.begin([0], [-1], vault.options())).toThrow(RangeError);
    expect(() => encoder.begin(null as never, [0], vault.options())).toThrow(TypeError);
  });

  it('are looked at only when they are empty, all hole or larger', async () => {
    expect(await begun(() => undefined)).toEqual({ extent: { size: 0, data: null, hole: 0 }, whole: null });
    const hole = await begun((fd) => ftruncateSync(fd, 65_536));
    expect(hole).toEqual({ extent: { size: 65_536, data: null, hole: 65_536 }, whole: null });
    const large = await begun((fd) => writeSync(fd, contentOf(1_048_577)));
    expect(large).toMatchObject({ extent: { size: 1_048_577 }, whole: null });
  });

  it.each<PadMode>(['4k', 'vertex', 'cube'])(
    'of every size come out right beside each other in mode %s',
    async (pad) => {
      const sizes = [1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 200_000, 1_048_576];
      const contents = [...sizes, ...sizes].map((size) => contentOf(size));
      const outcomes = await begunTogether(contents, { pad });
      const salts = new Set<string>();
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome instanceof Error || outcome.whole?.kind !== 'cube') throw new Error('no cube');
        const { cube, temporary, stored } = outcome.whole;
        const file = readFileSync(join(vault.path, 'cubes', 'tmp', String(temporary)));
        const decoded = decodeCube(file, vault.vmk, vault.uuid);
        expect(decoded.data.equals(contents[i] ?? Buffer.alloc(0))).toBe(true);
        expect(decoded).toMatchObject({ id: cube.id, root: cube.root, ciphertextRootMatches: true });
        expect(isSigned(decoded.signed, decoded.signature)).toBe(true);
        expect(stored).toBe(file.length);
        salts.add(decoded.salt.toString('hex'));
      }
      expect(salts.size).toBe(contents.length);
    },
  );

  it('are holes where zeros were written, and no second cube where the vault has one', async () => {
    const [known, fresh] = [contentOf(5000), contentOf(5000)];
    const cube = await vault.store(known);
    const before = vault.temporaries().length;
    const outcomes = await begunTogether([Buffer.alloc(5000), known, fresh, Buffer.alloc(1)]);
    expect(outcomes).toMatchObject([
      { whole: { kind: 'hole' } },
      { whole: { kind: 'cube', cube, temporary: null, stored: 12_288 } },
      { whole: { kind: 'cube', temporary: expect.any(String), stored: 12_288 } },
      { whole: { kind: 'hole' } },
    ]);
    expect(vault.temporaries().length).toBe(before + 1);
  });

  it('fail alone when they can not be read', async () => {
    const unreadable = openSync(join(vault.path, 'unreadable'), 'w');
    writeSync(unreadable, 'text');
    const fds = [...opened([contentOf(10)]), unreadable, ...opened([contentOf(20)])];
    const outcomes = await encoder.begin(fds, [0, 0, 0], vault.options());
    for (const fd of fds) closeSync(fd);
    const cube = { whole: { kind: 'cube' } };
    expect(outcomes).toMatchObject([cube, code('EBADF', 'pread'), cube]);
  });

  it('fail alone when their cube can not be written', async () => {
    const contents = [contentOf(10), contentOf(20), contentOf(30)];
    const folders = await Promise.all(
      contents.map(async (content) => dirname(join(vault.path, vault.cubePath((await cubeOf(content)).id)))),
    );
    const inTheWay = folders[1] ?? '';
    rmSync(inTheWay, { recursive: true });
    writeFileSync(inTheWay, 'in the way');
    const before = vault.temporaries().length;
    const outcomes = await begunTogether(contents);
    const failed = outcomes.map((outcome) => outcome instanceof Error);
    expect(failed).toEqual(folders.map((folder) => folder === inTheWay));
    expect(outcomes[1]).toEqual(code('ENOTDIR'));
    expect(vault.temporaries().length).toBe(before + failed.filter((one) => !one).length);
    rmSync(inTheWay);
    mkdirSync(inTheWay);
  });

  it('all fail when the keyring is wiped meanwhile, and nothing of them is left', async () => {
    const fresh = new SampleVault();
    const fds = opened(Array.from({ length: 600 }, () => contentOf(60_000)));
    const begun = encoder.begin(
      fds,
      fds.map(() => 0),
      fresh.options(),
    );
    fresh.keyring.wipe();
    const outcomes = await begun;
    for (const fd of fds) closeSync(fd);
    const wiped = outcomes.filter((outcome) => outcome instanceof Error);
    expect(wiped.length).toBeGreaterThan(0);
    for (const error of wiped) expect(error).toMatchObject({ code: 'EWIPED' });
    expect(readdirSync(join(fresh.path, 'cubes', 'tmp'))).toHaveLength(600 - wiped.length);
    fresh.destroy();
  });
});
