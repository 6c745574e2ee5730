/** Commits from elsewhere beside what programs change: nothing that they changed may keep the vault from being sealed or opened. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../../common/errors.js';
import { parseSherinId } from '../../../common/ids.js';
import { namespaceXattr } from '../../../common/sherin-xattrs.js';
import type { PutEntry } from '../../../daemon/protocol/control.js';
import { rootInode } from '../../manifest/records.js';
import { attributesOf } from '../../manifest/tree.js';
import { make } from '../../mount/changes/names.js';
import { nobody } from '../../writing/listener.js';
import type { Moved } from '../../writing/moved-by.js';
import { peer, ServedVault } from '../service.fixture.js';
import type { Session } from '../session/session.js';

const quiet = (): void => undefined;
const mib = 2 ** 20;

let vault: ServedVault;
let end = quiet;
beforeEach(async () => {
  vault = await ServedVault.start();
});
afterEach(async () => {
  end();
  end = quiet;
  await vault.end();
});

const remove = (...paths: string[]) => vault.service.removing.remove(paths, peer);

/** Everything can be sealed, read again, and goes on. */
async function expectSound(): Promise<void> {
  await (await vault.session()).writing.seal();
  const session = await vault.reopen();
  await session.checks.manifest();
  const ino = await vault.make('later', 'on');
  await session.writing.durable(null);
  expect(session.writing.idle).toBe(true);
  await vault.reopen();
  expect(await vault.read(ino)).toBe('on');
}

describe('while a file is removed', () => {
  it.each([1, 2, 3])('its attributes may change (%i)', async (when) => {
    const ino = await vault.make('a', 'x');
    await vault.reopen();
    end = vault.beforeCommits(async (count) => {
      if (count === when) await vault.chmod(ino, 0o600).catch(quiet);
    });
    await remove('a');
    end();
    expect((await vault.session()).tree.lookup(rootInode, Buffer.from('a'))).toBeUndefined();
    await expectSound();
  });

  it.each([1, 2, 3])('it may be written to and closed (%i)', async (when) => {
    const ino = await vault.make('a', 'x');
    const { changes } = await vault.reopen();
    changes.opened(ino);
    end = vault.beforeCommits(async (count) => {
      if (count !== when) return;
      await vault.write(ino, 1, 'written').catch(quiet);
      changes.closed(ino);
    });
    await remove('a');
    end();
    await expectSound();
  });

  it('it may be written to and closed all the time', async () => {
    const ino = await vault.make('a', 'x');
    const { changes } = await vault.reopen();
    const writes: Promise<void>[] = [];
    end = vault.beforeCommits(async (count) => {
      changes.opened(ino);
      const write = vault.write(ino, count, 'y').finally(() => changes.closed(ino));
      writes.push(write.catch(quiet));
      await new Promise((resolve) => setImmediate(resolve));
    });
    await remove('a');
    end();
    await Promise.all(writes);
    await expectSound();
  });

  it('another one may come into its directory, which stays then', async () => {
    const { changes } = await vault.session();
    const folder = make(
      changes,
      { parent: rootInode, name: Buffer.from('d') },
      { kind: 'directory', mode: 0o755 },
      peer,
    );
    await vault.reopen();
    end = vault.beforeCommits(async (count) => {
      if (count !== 1) return;
      const session = await vault.session();
      make(session.changes, { parent: folder, name: Buffer.from('x') }, { kind: 'file', mode: 0o644 }, peer);
    });
    await expect(remove('d')).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    end();
    await expectSound();
    expect((await vault.session()).tree.lookup(folder, Buffer.from('x'))).toBeDefined();
  });
});

describe('while something is committed from elsewhere', () => {
  const xattr = [Buffer.from(namespaceXattr), Buffer.from('SECRET')] as const;
  let folder: number;
  let mode: number;

  beforeEach(async () => {
    const { changes } = await vault.session();
    const place = { parent: rootInode, name: Buffer.from('d') };
    folder = make(changes, place, { kind: 'directory', mode: 0o755 }, peer);
    make(changes, { parent: folder, name: Buffer.from('there') }, { kind: 'file', mode: 0o644 }, peer);
    mode = 0o700;
    changeWhileItWaits(await vault.reopen());
  });

  /** Before each commit gets its turn, a program changes what the directory is. */
  function changeWhileItWaits(session: Session): void {
    const commit = session.commitHeld.bind(session);
    session.commitHeld = (...made) => {
      const inode = session.tree.inode(folder);
      if (inode === undefined) throw new Error('no such inode');
      mode += 1;
      const attributes = { ...attributesOf(inode), mode, xattrs: [xattr] };
      session.changes.change([{ type: 'attributes', inode: folder, attributes }]);
      return commit(...made);
    };
  }

  async function put(entry: Pick<PutEntry, 'path' | 'kind' | 'target'>): Promise<void> {
    const run = await vault.service.imports.begin('files', true, peer);
    const owner = { uid: 0, gid: 0 };
    const whole = { mode: 0o750, ...owner, size: 0, atime: '0', mtime: '0', xattrs: [], ...entry };
    expect((await run.entries([whole], [], quiet))[0]?.outcome).toBe('stored');
    await run.end();
  }

  async function restored(): Promise<void> {
    const { changes, tree } = await vault.session();
    await changes.sync(tree.lookup(folder, Buffer.from('there'))?.ino ?? 0);
    await remove('d/there');
    await vault.service.history.restore('d/there', 1, peer, quiet);
  }

  it.each<readonly [string, () => Promise<void>]>([
    ['removed from it', async () => void (await remove('d/there'))],
    ['put into it', () => put({ path: 'd/link', kind: 'symlink', target: 'there' })],
    ['restored into it', restored],
  ])('a directory keeps what it is by then: %s', async (_, step) => {
    await step();
    const { tree } = (await vault.reopen()).manifest;
    expect(tree.inode(folder)).toMatchObject({ mode, xattrs: [xattr] });
    await expectSound();
  });

  it('a directory in whose place another is put keeps its namespace', async () => {
    await put({ path: 'd', kind: 'directory' });
    const { tree } = (await vault.reopen()).manifest;
    expect(tree.inode(folder)).toMatchObject({ mode: 0o750, xattrs: [xattr] });
    await expectSound();
  });
});

describe('a file that is removed while a program writes to it', () => {
  it('is its own until it lets go of it, and its last version is what was written so far', async () => {
    const ino = await vault.make('a', 'first');
    const session = await vault.reopen();
    session.changes.opened(ino);
    await vault.write(ino, 0, 'SECOND');
    await remove('a');
    expect(session.tree.inode(ino)).toMatchObject({ nlink: 0, size: 6 });
    expect([...session.manifest.versions(ino)]).toHaveLength(2);
    await vault.write(ino, 6, ' and more');
    expect(await vault.read(ino)).toBe('SECOND and more');
    await session.writing.durability.syncAll();
    expect([...session.writing.versions.due()]).toEqual([]);
    session.changes.closed(ino);
    session.changes.forget(ino);
    expect(session.tree.inode(ino)).toBeUndefined();
    expect(session.writing.idle).toBe(true);
    expect(session.writing.dirtyBytes).toBe(0);
    await expect(vault.write(ino, 0, 'late')).rejects.toMatchObject({ code: 'PATH_MISSING' });
    await expectSound();
  });

  it('is gone with its memory where nobody holds it any more', async () => {
    const ino = await vault.make('a', 'first');
    const session = await vault.reopen();
    session.changes.opened(ino);
    await vault.write(ino, 0, 'second');
    session.changes.closed(ino);
    await remove('a');
    expect(session.tree.inode(ino)).toBeUndefined();
    expect(session.writing.idle).toBe(true);
  });

  it('keeps nobody from removing cubes', async () => {
    const ino = await vault.make('a', 'first');
    const session = await vault.reopen();
    session.changes.opened(ino);
    for (let at = 0; at < 40; at++) await vault.write(ino, at * mib, String(at).repeat(mib).slice(0, mib));
    await remove('a');
    const retention = { last: 1, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: null };
    await vault.service.collecting.gc({ retention, paths: [], dryRun: false }, peer, quiet);
    expect((await vault.read(ino)).length).toBe(40 * mib);
  });
});

it('what is prepared for a file is taken back before a commit from elsewhere gives it another name', async () => {
  const ino = await vault.make('a', 'x');
  const session = await vault.reopen();
  const name = Buffer.from('b');
  const told: unknown[] = [];
  const moving = (files: Moved) => told.push([files, session.manifest.tree.lookup(rootInode, name)]);
  session.writing.listener = { ...nobody, moving };
  await session.commit(() => [{ type: 'link', parent: rootInode, inode: ino, name }]);
  expect(told).toEqual([[[ino], undefined]]);
});

it('content that was there on an earlier day may be put again', async () => {
  const ino = await vault.make('a', 'x');
  const session = await vault.session();
  await session.writing.durable(null);
  const object = session.manifest.tree.object(session.manifest.tree.inode(ino)?.object ?? 0);
  if (object === undefined) throw new Error('it has no content');
  const { id, length, root, node } = object;
  const parts = parseSherinId(id);
  const nextYear = { ...parts, date: parts.date + 10_000 };
  await session.commit(() => [{ type: 'put', inode: ino, id: nextYear, length, root, node, lineage: null }]);
  expect(session.manifest.tree.object(object.no)?.id).toEqual(id);
  await expectSound();
});

it('a commit that fails takes nothing of what stands on content that can not be read', async () => {
  const ino = await vault.make('a', 'x'.repeat(8192));
  await (await vault.session()).writing.durable(null);
  await vault.service.lock(peer);
  vault.damage();
  const { writing, tree } = await vault.reopen();
  await vault.write(ino, 0, 'y'.repeat(4096));
  writing.version(ino);
  await writing.seal();
  expect(writing.contents.get(ino)?.stuck).toBeInstanceOf(SherinError);
  const object = tree.object(tree.inode(ino)?.object ?? 0);
  if (object === undefined) throw new Error('it has no content');
  const { id, length, root, node } = object;
  const put = { type: 'put', inode: ino, id: parseSherinId(id), length, root, node, lineage: null } as const;
  const full = new SherinError('NO_SPACE', { what: 'commit' });
  await expect(
    writing.commitBehind(
      () => [put],
      () => Promise.reject(full),
    ),
  ).rejects.toBe(full);
  expect(writing.contents.get(ino)?.stuck).toBeInstanceOf(SherinError);
  const session = await vault.session();
  const content = await session.openFile(ino, object, peer, session.tree);
  const bytes = Buffer.alloc(4096);
  await content.read(0, bytes.length, bytes);
  content.close();
  expect(bytes.toString()).toBe('y'.repeat(4096));
});

it('a commit that does not fit says why, also while programs write all the time', async () => {
  const [ino, other] = [await vault.make('a', 'x'), await vault.make('b', 'y')];
  const { writing } = await vault.session();
  let mode = 0o600;
  end = vault.beforeCommits(() => vault.chmod(other, mode++));
  const link = { type: 'link', parent: rootInode, inode: ino, name: Buffer.from('b') } as const;
  const never = () => Promise.reject(new Error('it was to be committed'));
  await expect(writing.commitBehind(() => [link], never)).rejects.toMatchObject({ code: 'PATH_EXISTS' });
  end();
  await expectSound();
});
