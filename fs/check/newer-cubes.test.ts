/** Cubes of a later format version, as they say: listed, and replaced only by what verifies. */
import { randomBytes } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CheckedVault } from './fsck.fixture.js';

let vault: CheckedVault;
let cube: string;
let id: string;
beforeAll(async () => {
  vault = await CheckedVault.create();
  await vault.put('a', randomBytes(3000));
  [cube = ''] = vault.cubes();
  id = basename(cube, '.cube');
});
afterAll(() => vault.remove());

/** A head that says so, and nothing behind it that anybody has signed. */
function garbageOfVersion(version: number, length: number): Buffer {
  const bytes = randomBytes(length);
  bytes.write('SHERIN::', 'latin1');
  bytes.writeUInt16LE(version, 8);
  return bytes;
}

it('a cube in whose place something looks like one of a later version comes back from a backup, and that is kept', async () => {
  const path = join(vault.home, 'backup');
  cpSync(join(vault.path, 'cubes'), join(path, 'cubes'), { recursive: true });
  const backup = openSync(path, 'r');
  const bytes = readFileSync(cube);
  bytes.writeUInt16LE(2, 8);
  writeFileSync(cube, Buffer.concat([bytes, bytes]));
  for (const planted of [Buffer.concat([bytes, bytes]), garbageOfVersion(2, bytes.length)]) {
    writeFileSync(cube, planted);
    expect(await vault.fsck()).toMatchObject({
      clean: false,
      lacking: 1,
      lacks: [{ cube: id, state: 'newer' }],
    });
    const left = await vault.fsck({ repair: true });
    expect(left).toMatchObject({ clean: false, lacks: [{ cube: id, repaired: null, fault: 'newer' }] });
    expect(readFileSync(cube)).toEqual(planted);
    const repaired = await vault.fsck({ repair: true, backup });
    expect(repaired).toMatchObject({ clean: true, lacks: [{ repaired: 'backup', fault: null }] });
    expect(await vault.fsck()).toMatchObject({ clean: true, lacks: [], leftovers: [] });
    expect(readFileSync(cube)).not.toEqual(planted);
  }
  closeSync(backup);
  // Nobody but the operator removes what may be of a later program.
  const { keptSegments } = await vault.fsck({ removeOrphans: true });
  const lengths = keptSegments.map(({ path }) => readFileSync(join(vault.path, path)).length);
  expect(lengths.sort((one, other) => one - other)).toEqual([bytes.length, 2 * bytes.length]);
});

it('one whose version alone was changed goes to quarantine, and its content comes back from a wrong folder', async () => {
  const bytes = readFileSync(cube);
  const wrong = join(vault.path, 'cubes/aa', basename(cube));
  mkdirSync(dirname(wrong), { recursive: true });
  writeFileSync(wrong, bytes);
  bytes.writeUInt16LE(2, 8);
  writeFileSync(cube, bytes);
  expect((await vault.fsck()).lacks).toMatchObject([{ state: 'newer' }]);
  expect(await vault.fsck({ repair: true })).toMatchObject({
    clean: true,
    lacks: [{ repaired: 'folder' }],
  });
  expect(await vault.fsck()).toMatchObject({ clean: true, leftovers: [{ kind: 'quarantine' }] });
});
