/** Cubes of a former key epoch, written anew under the present one. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CubeRef, encodeBuffer, Keyring, type PadMode, reencryptCube, scrubCube } from '../index.js';
import { SampleVault } from './vault.fixture.js';

let vault: SampleVault;
beforeEach(() => {
  vault = new SampleVault();
});
afterEach(() => vault.destroy());

const again = (id: Buffer) => reencryptCube(vault.fd, id, vault.uuid, vault.keyring);
const rekey = () => vault.keyring.takeOver(vault.keyring.successor());

async function content(cube: CubeRef): Promise<Buffer> {
  const target = Buffer.alloc(cube.length);
  const reader = vault.reader();
  expect(await reader.read(cube, 0, cube.length, target, 0)).toEqual({ ok: true });
  await reader.stop();
  return target;
}

describe('reencryptCube', () => {
  it.each<[PadMode, number]>([
    ['4k', 1],
    ['4k', 1_048_576],
    ['vertex', 70_000],
    ['cube', 150_000],
  ])('keeps ID, content and padding (%s, %i bytes)', async (pad, size) => {
    const data = randomBytes(size);
    const cube = await vault.store(data, { pad });
    const before = vault.read(cube.id);
    rekey();
    expect((await content(cube)).equals(data)).toBe(true);
    const done = await again(cube.id);
    expect(done).toEqual({ ok: true, temporary: expect.any(String), stored: before.length });
    if (!done.ok) return;
    await vault.place({ kind: 'cube', cube, temporary: done.temporary, stored: done.stored });
    const after = vault.read(cube.id);
    expect([after.readUInt16LE(12), after.readUInt16LE(14)]).toEqual([before.readUInt16LE(12), 1]);
    expect(after.subarray(48, 80).equals(before.subarray(48, 80))).toBe(false);
    expect(await scrubCube(vault.fd, cube.id, vault.uuid, vault.keyring.publicKey())).toEqual({ ok: true });
    vault.keyring.forget(0);
    expect((await content(cube)).equals(data)).toBe(true);
    expect(await again(cube.id)).toEqual({ ok: true, temporary: null, stored: 0 });
  });

  it('new cubes are of the present epoch, and an equal one of a former is used as it is', async () => {
    const data = randomBytes(5000);
    const cube = await vault.store(data);
    rekey();
    expect(await encodeBuffer(data, vault.options())).toMatchObject({ temporary: null });
    const other = await vault.store(randomBytes(5000));
    expect([cube.id, other.id].map((id) => vault.read(id).readUInt16LE(14))).toEqual([0, 1]);
  });

  it('a cube of an epoch that has ended opens no more', async () => {
    const cube = await vault.store(randomBytes(5000));
    rekey();
    vault.keyring.forget(0);
    expect(await again(cube.id)).toMatchObject({ ok: false, fault: 'sealed' });
    const reader = vault.reader();
    expect(await reader.read(cube, 0, 1, Buffer.alloc(1), 0)).toMatchObject({ ok: false, fault: 'sealed' });
    await reader.stop();
  });

  it('writes nothing of a cube that does not verify', async () => {
    const cube = await vault.store(randomBytes(150_000));
    const file = vault.read(cube.id);
    rekey();
    for (const [at, fault] of [
      [48, 'sealed'],
      [5000, 'root'],
      [120, 'sealed'],
      [16, 'malformed'],
    ] as const) {
      const broken = Buffer.from(file);
      broken.writeUInt8(broken.readUInt8(at) ^ 1, at);
      vault.write(cube.id, broken);
      expect(await again(cube.id)).toMatchObject({ ok: false, fault, inode: expect.any(BigInt) });
    }
    // A changed version alone makes no newer cube, which would keep the epoch from its end.
    const newer = Buffer.from(file);
    newer.writeUInt16LE(2, 8);
    vault.write(cube.id, newer);
    expect(await again(cube.id)).toMatchObject({ ok: false, fault: 'malformed', inode: expect.any(BigInt) });
    newer.writeUInt8(newer.readUInt8(120) ^ 1, 120);
    vault.write(cube.id, newer);
    expect(await again(cube.id)).toMatchObject({ ok: false, fault: 'newer', version: 2 });
    expect(await again(randomBytes(32))).toMatchObject({ ok: false, fault: 'missing' });
    expect(vault.temporaries()).toEqual([]);
  });

  it('refuses misuse', () => {
    expect(() => reencryptCube(vault.fd, Buffer.alloc(31), vault.uuid, vault.keyring)).toThrow(RangeError);
    const other = Keyring.generate(vault.uuid);
    other.wipe();
    expect(() => reencryptCube(vault.fd, Buffer.alloc(32), vault.uuid, other)).toThrow(
      expect.objectContaining({ code: 'EWIPED' }),
    );
  });
});
