/** Destroying files that programs have open. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rootInode } from '../../manifest/records.js';
import { unlink } from '../../mount/changes/names.js';
import { peer, ServedVault } from '../service.fixture.js';

const quiet = (): void => undefined;
const mib = 2 ** 20;

let vault: ServedVault;
beforeEach(async () => {
  vault = await ServedVault.start();
});
afterEach(() => vault.end());

const destroy = (...paths: string[]) => vault.service.destroying.destroy(paths, peer, quiet);

describe('a file that is destroyed while a program writes to it', () => {
  it('is gone with what was written', async () => {
    const ino = await vault.make('a', 'the secret');
    const session = await vault.reopen();
    session.changes.opened(ino);
    await vault.write(ino, 20, 'more of it');
    expect(await destroy('a')).toMatchObject({
      files: 1,
      versions: 2,
      cubes: 2,
      shared: 0,
      sharedWith: [],
      sharedMore: 0,
      inUse: 0,
    });
    expect(vault.cubes()).toBe(0);
    await expect(vault.write(ino, 0, 'late')).rejects.toMatchObject({ code: 'PATH_MISSING' });
    await expect(vault.read(ino)).rejects.toThrow();
    session.changes.closed(ino);
    expect(session.writing.dirtyBytes).toBe(0);
    await (await vault.reopen()).checks.manifest();
  });

  it('is gone though it had lost its name before', async () => {
    const ino = await vault.make('a', 'the secret');
    const session = await vault.reopen();
    session.changes.opened(ino);
    await vault.write(ino, 20, 'more of it');
    unlink(session.changes, { parent: rootInode, name: Buffer.from('a') });
    expect(await destroy('a')).toMatchObject({ files: 0, versions: 1, shared: 0, inUse: 0 });
    expect(vault.cubes()).toBe(0);
    session.changes.closed(ino);
    await (await vault.reopen()).checks.manifest();
  });

  it('leaves what a program has in another one without a name, and says so', async () => {
    await vault.make('a', 'z'.repeat(mib));
    const session = await vault.reopen();
    const other = await vault.make('b', '');
    session.changes.opened(other);
    await vault.write(other, 0, 'z'.repeat(mib));
    unlink(session.changes, { parent: rootInode, name: Buffer.from('b') });
    // Until its first part is in a cube, of which no version knows.
    for (let at = 1; session.writing.contents.get(other)?.content.standsOnCubes !== true; at++)
      await vault.write(other, at * mib, String(at).repeat(mib).slice(0, mib));
    expect(await destroy('a')).toMatchObject({ files: 1, versions: 1, shared: 0, sharedWith: [], inUse: 1 });
    expect((await vault.read(other)).startsWith('z'.repeat(mib))).toBe(true);
  });
});
