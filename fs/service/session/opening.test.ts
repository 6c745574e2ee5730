/** Opens that fail, or come too late. */
import { constants } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SherinError } from '../../../common/errors.js';
import { rootInode } from '../../manifest/records.js';
import { FileSystem } from '../../mount/file-system.js';
import { VaultSource } from '../mounting/mount-source.js';
import { peer, ServedVault } from '../service.fixture.js';
import { readable } from '../tasks/readable.js';

let vault: ServedVault;
let files: FileSystem;
let quiet: () => Promise<unknown>;
beforeEach(async () => {
  vault = await ServedVault.start();
  const options = { listIds: false, shared: false, callersUnknown: false, attributeTimeout: 0 };
  const source = new VaultSource(vault.service, false, null);
  quiet = async () => undefined;
  files = new FileSystem(source, { ...options, quiesce: async () => void (await quiet()) });
});
afterEach(() => vault.end());

it('an open that fails takes nothing from who writes, and leaves nothing open', async () => {
  const ino = await vault.make('a', 'content');
  const session = await vault.reopen();
  const node = await files.resolve([Buffer.from('files'), Buffer.from('a')], peer);
  const writer = await files.open(node, constants.O_RDWR, peer);
  const { truncate } = session.changes;
  session.changes.truncate = async () => {
    throw new SherinError('NO_SPACE', { what: 'it' });
  };
  for (const flags of [constants.O_RDONLY, constants.O_WRONLY])
    await expect(files.open(node, flags | constants.O_TRUNC, peer)).rejects.toMatchObject({
      code: 'NO_SPACE',
    });
  session.changes.truncate = truncate;
  expect(session.writing.contents.writers(ino)).toBe(1);
  files.release(writer);
  expect(session.writing.contents.writers(ino)).toBe(0);
  expect(session.inUse().size).toBe(0);
});

it('who reads a file while it is truncated by its path reads what is left from then on', async () => {
  await vault.make('a', 'content');
  await vault.reopen();
  const node = await files.resolve([Buffer.from('files'), Buffer.from('a')], peer);
  const reader = await files.open(node, constants.O_RDONLY, peer);
  const shown = async (): Promise<string> => {
    const bytes = Buffer.alloc(20);
    return bytes.toString('latin1', 0, await files.read(reader, 0, bytes.length, bytes));
  };
  quiet = shown;
  await files.modify.truncate(node, 3, false, peer);
  expect(await shown()).toBe('con');
  expect(files.presentFile(reader)?.grant).toBe(undefined);
  files.release(reader);
});

it('a file that came into being since the kernel looked is looked for again', async () => {
  await vault.make('a', 'content');
  const root = await files.resolve([Buffer.from('files')], peer);
  const flags = constants.O_RDWR | constants.O_CREAT;
  await expect(
    files.modify.create(root, Buffer.from('a'), { mode: 0o644, flags }, peer),
  ).rejects.toMatchObject({
    errno: 'ESTALE',
  });
  expect([...(await vault.session()).tree.list(rootInode)]).toHaveLength(1);
});

it('what the tag of one of several equal files closes is not open by their ID', async () => {
  const stranger = { uid: 61_001, gid: 61_001, pid: null, groups: [] };
  const inodes = [await vault.make('open', 'content'), await vault.make('closed', 'content')];
  const session = await vault.reopen();
  const [id, other] = inodes.map((ino) => session.tree.object(session.tree.inode(ino)?.object ?? 0)?.id);
  if (id === undefined) throw new Error('it has no ID');
  expect(other).toBe(id);
  const source = new VaultSource(vault.service, false, null);
  (await source.openObject(id, stranger)).close();
  for (const name of ['open', 'closed']) {
    const tag = (policy: 'user' | 'admin') =>
      session.commit(() => [{ type: 'policy', parent: rootInode, name: Buffer.from(name), tag: policy }]);
    await tag('admin');
    await expect(source.openObject(id, stranger)).rejects.toMatchObject({ code: 'DENIED' });
    await expect(readable(session, id, stranger, peer)).rejects.toMatchObject({ code: 'DENIED' });
    await tag('user');
  }
});
