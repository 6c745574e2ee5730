/** The native cube codec against the reference: each decodes what the other encodes, and both refuse the same. */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CubeReader,
  type CubeRef,
  checkCubeHeader,
  type Encoded,
  Encoder,
  encodeBuffer,
  type Keyring,
  rootOfBlocks as nativeRoot,
  scrubCube as nativeScrub,
} from '../../native/index.js';
import { toBase32 } from './base32.js';
import { equalBytes } from './bytes.js';
import { decodeCube, encodeCube, scrubCube } from './cube.js';
import { headerSize, type Pad, padModes, parseCubeHeader } from './cube-header.js';
import { publicKey } from './keys.js';
import { rootOfBlocks } from './merkle.js';
import { nativeKeyring } from './native-keyring.js';
import { Refused } from './refused.js';
import { content, edgeLengths, sampleMaster } from './samples.js';

const master = sampleMaster();
const uuid = Buffer.from(master.uuid);
const owner = 1000;
const epoch = 5;
let dir: string;
let vaultFd: number;
let keyring: Keyring;
let reader: CubeReader;
/** The same, for whole cubes. */
let strict: CubeReader;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sherin-codec-'));
  mkdirSync(join(dir, 'cubes', 'tmp'), { recursive: true });
  vaultFd = openSync(dir, 'r');
  keyring = nativeKeyring(master, epoch);
  reader = new CubeReader({ vaultFd, cacheBytes: 2 ** 22, threads: 2, uuid, wholeCubes: false });
  reader.resume(keyring);
  strict = new CubeReader({ vaultFd, cacheBytes: 2 ** 22, threads: 2, uuid, wholeCubes: true });
  strict.resume(keyring);
});
afterAll(async () => {
  await reader.stop();
  await strict.stop();
  keyring.wipe();
  closeSync(vaultFd);
  rmSync(dir, { recursive: true });
});

function place(id: Uint8Array): string {
  const name = toBase32(id);
  mkdirSync(join(dir, 'cubes', name.slice(0, 2)), { recursive: true });
  return join(dir, 'cubes', name.slice(0, 2), `${name}.cube`);
}

/** Takes a temporary cube over into its place. */
function settle(encoded: Encoded): { cube: CubeRef; file: Uint8Array } {
  if (encoded.kind !== 'cube') throw new Error(`a ${encoded.kind}`);
  const { cube, temporary } = encoded;
  if (temporary !== null) renameSync(join(dir, 'cubes', 'tmp', temporary), place(cube.id));
  return { cube, file: Uint8Array.from(readFileSync(place(cube.id))) };
}

const options = (pad: Pad) => ({ keyring, vaultFd, uuid, owner, pad });

/** What the reference says of a file: its fault, or null. */
function fault(check: () => unknown): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.fault;
    throw error;
  }
}

const shapes = padModes.flatMap((pad) => edgeLengths.map((length) => ({ pad, length })));

describe('native codec', () => {
  it.each(shapes)('encodes $length bytes, pad $pad, for the reference', async ({ pad, length }) => {
    const plain = Buffer.from(content(length, 11 + padModes.indexOf(pad)));
    const { cube, file } = settle(await encodeBuffer(plain, options(pad)));
    expect(fault(() => scrubCube(file, cube.id, uuid, publicKey(master)))).toBeNull();
    expect(equalBytes(decodeCube(master, cube, file), plain)).toBe(true);
    // The same salt gives the same file: every byte of the two encoders agrees.
    const salt = file.slice(48, 80);
    const again = encodeCube(master, plain, { owner, epoch, pad, salt });
    expect(equalBytes(again.file, file)).toBe(true);
    expect(nativeRoot(plain).equals(again.ref.root)).toBe(true);
  });

  it.each(shapes)('decodes $length bytes, pad $pad, of the reference', async ({ pad, length }) => {
    const plain = Buffer.from(content(length, 31 + padModes.indexOf(pad)));
    const { ref, file } = encodeCube(master, plain, { owner, epoch, pad, salt: content(32, 13) });
    writeFileSync(place(ref.id), file);
    const cube = { id: Buffer.from(ref.id), root: Buffer.from(ref.root), length };
    expect(await nativeScrub(vaultFd, cube.id, uuid, Buffer.from(publicKey(master)))).toEqual({ ok: true });
    expect(await reader.verify(cube, Buffer.from(publicKey(master)))).toEqual({ ok: true });
    const target = Buffer.alloc(length + 2, 0xee);
    expect(await reader.read(cube, 0, length, target, 1)).toEqual({ ok: true });
    expect(target.subarray(1, -1).equals(plain)).toBe(true);
    expect([target[0], target.at(-1)]).toEqual([0xee, 0xee]);
  });

  it('reads any range as the reference has it', async () => {
    const plain = Buffer.from(content(300_001, 14));
    const { cube } = settle(await encodeBuffer(plain, options('4k')));
    const range = fc.tuple(fc.nat({ max: plain.length - 1 }), fc.nat({ max: plain.length }));
    await fc.assert(
      fc.asyncProperty(range, fc.boolean(), fc.boolean(), async ([offset, wish], fresh, wholeCubes) => {
        const length = Math.max(1, Math.min(wish, plain.length - offset));
        const target = Buffer.alloc(length);
        const by = wholeCubes ? strict : reader;
        expect(await by.read(cube, offset, length, target, 0, { fresh })).toEqual({ ok: true });
        expect(target.equals(plain.subarray(offset, offset + length))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('encodes a descriptor as it encodes memory, and holes for zeros', async () => {
    const plain = Buffer.concat([Buffer.alloc(8192), Buffer.from(content(70_000, 15))]);
    const path = join(dir, 'plain');
    writeFileSync(path, plain);
    const fd = openSync(path, 'r');
    const encoder = new Encoder();
    try {
      expect(await encoder.encode(fd, 0, 8192, options('4k'))).toEqual({ kind: 'hole' });
      expect(await encoder.encode(fd, 0, 100_000, options('4k'))).toEqual({
        kind: 'short',
        length: plain.length,
      });
      const { cube, file } = settle(await encoder.encode(fd, 8192, 70_000, options('vertex')));
      expect(equalBytes(decodeCube(master, cube, file), plain.subarray(8192))).toBe(true);
    } finally {
      encoder.close();
      closeSync(fd);
    }
  });

  it('computes roots of blocks as the reference does', () => {
    fc.assert(
      fc.property(fc.nat({ max: 140_000 }), fc.nat({ max: 255 }), (length, seed) => {
        const data = Buffer.from(content(length, seed));
        expect(nativeRoot(data).equals(rootOfBlocks(data))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

describe('refusals', () => {
  const plain = content(70_000, 20);
  const { ref, file } = encodeCube(master, plain, { owner, epoch, pad: '4k', salt: content(32, 21) });
  const id = Buffer.from(ref.id);
  const cube: CubeRef = { id, root: Buffer.from(ref.root), length: plain.length };

  async function expectSame(changed: Uint8Array, what: string): Promise<void> {
    writeFileSync(place(ref.id), changed);
    reader.drop(id);
    const key = Buffer.from(publicKey(master));
    const scrubbed = await nativeScrub(vaultFd, id, uuid, key);
    expect(scrubbed.ok ? null : scrubbed.fault, what).toBe(fault(() => scrubCube(changed, id, uuid, key)));
    const read = await reader.verify(cube, null);
    expect(read.ok ? null : read.fault, what).toBe(fault(() => decodeCube(master, ref, changed)));
  }

  it('of a header are the same for every single byte', () => {
    const whole = Buffer.from(file.subarray(0, headerSize));
    expect(checkCubeHeader(whole, id, file.length)).toBeNull();
    for (let at = 0; at < headerSize; at++) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(whole);
        changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
        const ours = fault(() => parseCubeHeader(Uint8Array.from(changed), id, file.length));
        expect(checkCubeHeader(changed, id, file.length) === null, `byte ${at} ^ ${bits}`).toBe(
          ours === null,
        );
      }
    }
  });

  it('of counts, lengths, flags and file sizes are the same', () => {
    const field = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(4096, 65536, 69632, 2 ** 32 - 1));
    const size = fc.oneof(
      fc.constantFrom(4095, 4096, 8192, file.length - 1, file.length, file.length + 1),
      fc.integer({ min: 1, max: 16 }).map((count) => 4096 + count * 65536),
    );
    fc.assert(
      fc.property(field, field, field, size, (flags, count, last, bytes) => {
        const changed = Buffer.from(file.subarray(0, headerSize));
        changed.writeUInt32LE(flags, 12);
        changed.writeUInt32LE(count, 80);
        changed.writeUInt32LE(last, 84);
        changed.fill(0, 120, 376);
        const ours = fault(() => parseCubeHeader(Uint8Array.from(changed), id, bytes));
        expect(checkCubeHeader(changed, id, bytes) === null).toBe(ours === null);
      }),
      { numRuns: 2000 },
    );
  });

  it('of a file are the same fault, wherever a bit is flipped', async () => {
    const places = [
      0, 13, 14, 20, 50, 80, 85, 88, 119, 120, 136, 200, 376, 935, 936, 951, 952, 1015, 1016, 4095,
    ];
    for (const at of [...places, 4096, 69_631, 69_632, file.length - 1]) {
      const changed = Uint8Array.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expectSame(changed, `byte ${at}`);
    }
    await expectSame(file.slice(0, -1), 'one byte short');
    await expectSame(file.slice(0, 4095), 'header cut');
    await expectSame(new Uint8Array(0), 'empty');
    await expectSame(Uint8Array.from([...file, 0]), 'one byte long');
    await expectSame(file, 'unchanged');
  });

  it('of forged cubes, whose keys and tags are right, are the same fault', async () => {
    const forgeries: Record<string, (padded: Uint8Array, inner: Uint8Array) => void> = {
      'content changed': (padded) => padded.fill(1, 0, 1),
      'padding not zero': (padded) => padded.fill(1, plain.length, plain.length + 1),
      'last padding byte': (padded) => padded.fill(1, -1),
      'vertex hash changed': (_, inner) => inner.fill(1, 0, 1),
      'unused hash not zero': (_, inner) => inner.fill(1, 2 * 32, 2 * 32 + 1),
      'reserved not zero': (_, inner) => inner.fill(1, 516, 517),
      'length zero': (_, inner) => inner.fill(0, 512, 516),
      'length beyond 1 MiB': (_, inner) => inner.fill(0xff, 512, 516),
      'length one less': (_, inner) => inner.set([(plain.length - 1) & 255], 512),
      'length of another shape': (_, inner) => inner.set([1, 0, 0, 0], 512),
    };
    for (const [what, forge] of Object.entries(forgeries)) {
      const options = { owner, epoch, pad: '4k', salt: content(32, 22), forge } as const;
      await expectSame(encodeCube(master, plain, options).file, what);
    }
  });

  it('of a cube that another file claims are the same', async () => {
    await expectSame(file, 'unchanged');
    for (const wrong of [
      { ...cube, root: Buffer.alloc(32) },
      { ...cube, length: cube.length - 1 },
      { ...cube, length: 4096 },
    ]) {
      reader.drop(id);
      const result = await reader.verify(wrong, null);
      expect(result.ok ? null : result.fault).toBe(fault(() => decodeCube(master, wrong, file)));
    }
  });
});
