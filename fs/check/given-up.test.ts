/** fsck and the cubes of versions that were given up. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rootInode } from '../manifest/records.js';
import { CheckedVault, peer } from './fsck.fixture.js';
import { readNeeded } from './needed.js';

let vault: CheckedVault;
beforeEach(async () => {
  vault = await CheckedVault.create();
});
afterEach(() => vault.remove());

async function neededCubes(): Promise<string[]> {
  const { manifest } = await vault.service.unlocked();
  return [...(await readNeeded(manifest))].sort();
}

function stored(): string[] {
  const cubes = vault.cubes().map((path) => basename(path, '.cube'));
  return cubes.sort();
}

it('nothing lacks after a gc, and a backup needs what is kept', async () => {
  const big = randomBytes(3_000_000);
  await vault.put('a', big);
  await vault.put('a', randomBytes(3000));
  await vault.put('a', randomBytes(4000));
  await vault.put('b', randomBytes(5000));
  expect(await vault.fsck()).toMatchObject({ versions: 4, clean: true });
  expect(await neededCubes()).toEqual(stored());
  expect(await vault.gc()).toMatchObject({ versions: 2, cubes: 4 });
  expect(stored()).toHaveLength(2);
  expect(await neededCubes()).toEqual(stored());
  const clean = { clean: true, versions: 2, lacks: [], leftovers: [], tables: [], needed: { cubes: 2 } };
  expect(await vault.fsck()).toMatchObject(clean);
  expect(await vault.fsck({ rebuild: true, repair: true, removeOrphans: true })).toMatchObject(clean);
  // Content that comes back is needed again.
  await vault.put('c', big);
  expect(await vault.fsck()).toMatchObject({ clean: true, versions: 3, needed: { cubes: 5 } });
  const [first = ''] = vault.cubes();
  rmSync(first);
  const { lacks } = await vault.fsck();
  expect(lacks).toMatchObject([{ cube: basename(first, '.cube'), state: 'missing', versions: 1 }]);
});

it('nothing lacks after a destroy', async () => {
  await vault.put('a', randomBytes(3_000_000));
  await vault.put('b', randomBytes(5000));
  await vault.service.destroying.destroy(['a'], peer, () => undefined);
  expect(await vault.fsck()).toMatchObject({
    clean: true,
    versions: 1,
    lacks: [],
    leftovers: [],
    tables: [],
  });
  expect(await neededCubes()).toEqual(stored());
});

it('content that was put again in other cubes is where the last put says', async () => {
  await vault.put('a', randomBytes(3000));
  await vault.put('b', randomBytes(3000));
  const session = await vault.service.unlocked();
  const { tree } = session.manifest;
  const [first, other] = ['a', 'b'].map((name) => {
    const [version] = session.manifest.versions(tree.find([Buffer.from(name)])?.ino ?? 0);
    if (version === undefined) throw new Error('no version');
    return version.put;
  });
  if (first === undefined || other === undefined) throw new Error('no version');
  await session.commit(() => [{ ...first, node: other.node }]);
  const needed = await neededCubes();
  expect(needed).toHaveLength(1);
  expect(await vault.fsck()).toMatchObject({ clean: true, versions: 3, counts: { orphan: { cubes: 1 } } });
  expect(await vault.gc()).toMatchObject({ versions: 1, cubes: 0, orphans: 1 });
  expect(await vault.fsck()).toMatchObject({ clean: true, versions: 2, leftovers: [] });
  expect(stored()).toEqual(needed);
});

it('what a cut-off gc has left in the trash is named, and goes unless a version lacks it', async () => {
  await vault.put('a', randomBytes(3000));
  const [cube = ''] = vault.cubes();
  const trash = join(vault.path, 'cubes/trash');
  mkdirSync(trash);
  copyFileSync(cube, join(trash, `${'a'.repeat(52)}.cube`));
  expect(await vault.fsck()).toMatchObject({ clean: true, counts: { trash: { cubes: 1 } } });
  renameSync(cube, join(trash, basename(cube)));
  expect(await vault.fsck({ removeOrphans: true })).toMatchObject({ lacking: 1, removed: { cubes: 0 } });
  renameSync(join(trash, basename(cube)), cube);
  expect(await vault.fsck({ removeOrphans: true })).toMatchObject({ clean: true, removed: { cubes: 1 } });
  expect(readdirSync(trash)).toEqual([]);
});

it('cubes of a large file that a program holds without a name are no orphans', async () => {
  await vault.put('a', randomBytes(3000));
  const { changes, tree, writing } = await vault.service.unlocked();
  const ino = tree.find([Buffer.from('a')])?.ino ?? 0;
  const mib = 1024 * 1024;
  changes.opened(ino);
  for (let at = 0; at < 80; at++) {
    const bytes = randomBytes(mib);
    await changes.write(ino, at * mib, mib, (from, length, target, to) => {
      bytes.copy(target, to, from, from + length);
    });
  }
  changes.change([{ type: 'unlink', parent: rootInode, name: Buffer.from('a') }]);
  await writing.durable(null);
  const before = stored();
  expect(before.length).toBeGreaterThan(10);
  const found = await vault.fsck({ removeOrphans: true });
  expect(found).toMatchObject({ clean: true, leftovers: [], removed: { cubes: 0 } });
  // More can have come: what is written goes on being stored.
  const after = stored();
  expect(after).toEqual(expect.arrayContaining(before));
  changes.closed(ino);
  changes.forget(ino);
  expect((await vault.fsck({ removeOrphans: true })).removed.cubes).toBe(after.length - 1);
});

it('a gc waits for the check', async () => {
  await vault.put('a', randomBytes(3000));
  await vault.put('a', randomBytes(4000));
  let collecting: Promise<unknown> = Promise.resolve();
  let begun = false;
  const result = await vault.fsck({
    progress: () => {
      if (begun) return;
      begun = true;
      collecting = vault.gc();
    },
  });
  expect(result).toMatchObject({ clean: true, lacks: [] });
  await collecting;
  expect(await vault.fsck()).toMatchObject({ clean: true, versions: 1 });
});
