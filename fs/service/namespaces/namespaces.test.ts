/** Settings of namespaces, in one vault behind a service. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { strictestSettings, usualSettings } from '../../../common/namespaces/record.js';
import { nowNanoseconds } from '../../../common/time.js';
import type { Peer } from '../../../native/ipc.js';
import { rootInode } from '../../manifest/records.js';
import { tasksInode } from '../../manifest/tasks.js';
import { link, make, rename, rmdir, unlink } from '../../mount/changes/names.js';
import { LockedVault } from '../../vault/locked-vault.js';
import { VaultSource } from '../mounting/mount-source.js';
import { peer, ServedVault } from '../service.fixture.js';
import { PolicyRecord } from '../session/policy-record.js';

const stranger: Peer = { ...peer, uid: 61_234, gid: 61_234 };
let vault: ServedVault;
let ino: number;
let asked: number;
const ask = LockedVault.prototype.askTpm;

beforeAll(async () => {
  vault = await ServedVault.start();
  ino = await vault.make('a', 'content');
  await (await vault.session()).writing.snapshot();
  // Each unseal is a real one, and counted.
  LockedVault.prototype.askTpm = function (this: LockedVault, ...args): Promise<void> {
    asked += 1;
    return ask.apply(this, args);
  };
});
afterAll(async () => {
  LockedVault.prototype.askTpm = ask;
  await vault.end();
});
beforeEach(async () => {
  await vault.service.namespaces.set({}, null, peer);
  asked = 0;
});

/** The records so far: those that nobody waits for are durable with one that somebody does. */
async function records() {
  const { records: log } = await vault.session();
  await log.record({ event: 'AUDIT_TEST', id: null, actor: { uid: null, pid: null, exe: null }, meta: {} });
  return log.tail(1000);
}

const opens = async () => (await records()).filter(({ event }) => event === 'AUDIT_OPEN').length;

/** Records that opening the file some times makes. */
async function recorded(times: number): Promise<number> {
  const before = await opens();
  for (let count = 0; count < times; count++) expect(await vault.read(ino)).toBe('content');
  return (await opens()) - before;
}

test('of allowed opens none, the first or each is recorded', async () => {
  const set = (level: 'off' | 'first' | 'all') =>
    vault.service.namespaces.set({ FILES: { ...usualSettings, opens: level } }, null, peer);
  await set('off');
  expect(await recorded(2)).toBe(0);
  await set('first');
  expect(await recorded(3)).toBe(1);
  await set('all');
  expect(await recorded(3)).toBe(3);
});

test('a driver opens by itself only where that leaves nothing undone', async () => {
  const session = await vault.session();
  const preparable = async (settings: object) => {
    await vault.service.namespaces.set({ FILES: { ...usualSettings, ...settings } }, null, peer);
    return session.prepare(ino) !== null;
  };
  expect(await preparable({})).toBe(true);
  expect(await preparable({ opens: 'off' })).toBe(true);
  expect(await preparable({ opens: 'all' })).toBe(false);
  expect(await preparable({ unseal: 'per-open' })).toBe(false);
});

test('each open asks the TPM where the namespace wants it, and nowhere else', async () => {
  await vault.service.namespaces.set({ TASK: { opens: 'first', unseal: 'per-open' } }, null, peer);
  await vault.read(ino);
  expect(asked).toBe(0);
  await vault.service.namespaces.set({ FILES: { opens: 'first', unseal: 'per-open' } }, null, peer);
  await vault.read(ino);
  await vault.read(ino);
  expect(asked).toBe(2);
  const session = await vault.session();
  const object = session.tree.object(session.tree.inode(ino)?.object ?? 0) ?? null;
  // By ID, without a file.
  (await session.openContent({ ino: null, object }, peer)).close();
  expect(asked).toBe(3);
  // Who has it open already reads on.
  (await session.openFile(ino, object, peer, session.tree, true)).close();
  // A cube may be of any object.
  const [cube] = Array.from(session.catalog.entries(), ([, entry]) => entry.cube);
  if (cube === undefined) throw new Error('there is no cube');
  (await session.openCube(cube, peer)).close();
  expect(asked).toBe(4);
  // A file without content.
  await vault.read(await vault.make('empty', ''));
  expect(asked).toBe(4);
  // One whose content is in no version yet.
  await vault.read(await vault.make('written', 'new'));
  expect(asked).toBe(5);
});

test('the kernel keeps nothing for the next open of what asks the TPM', async () => {
  const session = await vault.session();
  const kept = async (settings: object) => {
    await vault.service.namespaces.set({ FILES: { ...usualSettings, ...settings } }, null, peer);
    const object = session.tree.object(session.tree.inode(ino)?.object ?? 0) ?? null;
    const file = await session.openFile(ino, object, peer, session.tree);
    file.close();
    return file.kept;
  };
  expect(await kept({})).toBe(true);
  expect(await kept({ unseal: 'per-open' })).toBe(false);
});

test('a file that became another while the TPM was asked is opened as it is then', async () => {
  await vault.service.namespaces.set({ FILES: { ...usualSettings, unseal: 'per-open' } }, null, peer);
  const changing = await vault.make('changing', 'before');
  const session = await vault.session();
  await session.writing.snapshot();
  const counted = LockedVault.prototype.askTpm;
  LockedVault.prototype.askTpm = async function (this: LockedVault, ...args): Promise<void> {
    await counted.apply(this, args);
    session.changes.opened(changing);
    await vault.write(changing, 0, 'behind');
    session.changes.closed(changing);
    await session.writing.snapshot();
  };
  try {
    expect(await vault.read(changing)).toBe('behind');
    expect(asked).toBe(1);
  } finally {
    LockedVault.prototype.askTpm = counted;
  }
});

test('a refusal of the TPM refuses that open, on record, and the next one asks again', async () => {
  await vault.service.namespaces.set({ FILES: { opens: 'first', unseal: 'per-open' } }, null, peer);
  const counted = LockedVault.prototype.askTpm;
  LockedVault.prototype.askTpm = function (this: LockedVault): Promise<void> {
    return ask.call(this, Buffer.alloc(32)); // the key of another vault
  };
  try {
    await expect(vault.read(ino)).rejects.toMatchObject({ code: 'SLOT_REFUSED', errno: 'EACCES' });
  } finally {
    LockedVault.prototype.askTpm = counted;
  }
  expect(await records()).toContainEqual(
    expect.objectContaining({
      event: 'AUDIT_DENIED',
      meta: { operation: 'open', tpm: 'SLOT_REFUSED' },
    }),
  );
  expect(await vault.read(ino)).toBe('content');
});

test('only administrators change settings, and what is refused and changed is on record', async () => {
  const { namespaces } = vault.service;
  await expect(namespaces.set({ FILES: usualSettings }, null, stranger)).rejects.toMatchObject({
    code: 'DENIED',
  });
  await expect(namespaces.set({}, 0, peer)).rejects.toMatchObject({ code: 'NAMESPACES_CHANGED' });
  await namespaces.set({ FILES: strictestSettings }, null, peer);
  const made = await records();
  expect(made).toContainEqual(
    expect.objectContaining({ event: 'AUDIT_DENIED', meta: { operation: 'namespaces.set' } }),
  );
  expect(made).toContainEqual(
    expect.objectContaining({
      event: 'AUDIT_NAMESPACES',
      meta: expect.objectContaining({ perOpen: 'FILES', all: 'FILES' }),
    }),
  );
});

/** A directory below another one, or below `files/`. */
async function directory(name: string, parent: number = rootInode): Promise<number> {
  const { changes } = await vault.session();
  const wanted = { kind: 'directory', mode: 0o755 } as const;
  return make(changes, { parent, name: Buffer.from(name) }, wanted, peer);
}

async function move(from: readonly [number, string], to: readonly [number, string]): Promise<void> {
  const [old, next] = [from, to].map(([parent, name]) => ({ parent, name: Buffer.from(name) }));
  if (old !== undefined && next !== undefined) rename((await vault.session()).changes, old, next, 0);
}

/** The namespace of a file's last version, once all is sealed. */
async function written(inode: number): Promise<string> {
  const session = await vault.session();
  await session.writing.snapshot();
  return session.tree.object(session.tree.inode(inode)?.object ?? 0)?.id.split('_')[0] ?? 'none';
}

async function rewrite(inode: number, text: string): Promise<void> {
  const { changes } = await vault.session();
  changes.opened(inode);
  await vault.write(inode, 0, text);
  changes.closed(inode);
}

const seen = async (inode: number) => new VaultSource(vault.service, true, null).namespace(inode);

test('a directory gives what is written below it its namespace, from then on, and takes it along', async () => {
  const { namespaces } = vault.service;
  const given = await directory('given');
  const inner = await directory('inner', given);
  await move([rootInode, 'a'], [inner, 'a']);
  expect(await namespaces.assign('files/given', 'GIVEN', peer)).toEqual({ before: null, namespace: 'GIVEN' });
  expect(await seen(inner)).toBe('GIVEN');
  expect(await written(ino)).toBe('FILES');
  await rewrite(ino, 'CONTENT');
  expect(await written(ino)).toBe('GIVEN');
  await move([inner, 'a'], [rootInode, 'a']);
  expect(await written(ino)).toBe('GIVEN');
  await rewrite(ino, 'content');
  expect(await written(ino)).toBe('FILES');
  await move([rootInode, 'given'], [rootInode, 'renamed']);
  await vault.reopen();
  expect(await seen(inner)).toBe('GIVEN');
  expect(await namespaces.assign('renamed', null, peer)).toEqual({ before: 'GIVEN', namespace: 'FILES' });
  expect(await seen(inner)).toBe('FILES');
  await expect(namespaces.assign('renamed', null, peer)).rejects.toMatchObject({ code: 'NAMESPACE_NONE' });
});

test('what was there opens by the settings of the directory at once, and what leaves it by those it was written under', async () => {
  await vault.service.namespaces.set({ ASKS: { opens: 'first', unseal: 'per-open' } }, null, peer);
  const asks = await directory('asks');
  await move([rootInode, 'a'], [asks, 'a']);
  const session = await vault.session();
  expect(session.prepare(ino)).not.toBeNull();
  await vault.service.namespaces.assign('asks', 'ASKS', peer);
  expect(session.prepare(ino)).toBeNull();
  await vault.read(ino);
  expect(asked).toBe(1);
  const inside = await vault.make('inside', 'more');
  await move([rootInode, 'inside'], [asks, 'inside']);
  await rewrite(inside, 'MORE');
  expect(await written(inside)).toBe('ASKS');
  await move([asks, 'inside'], [rootInode, 'inside']);
  await vault.read(inside);
  expect(asked).toBe(2);
  // Cut without being opened, its next version would be in FILES.
  const source = new VaultSource(vault.service, true, null);
  await source.passKept(inside, peer);
  expect(asked).toBe(3);
  await move([asks, 'a'], [rootInode, 'a']);
  await vault.read(ino);
  await source.passKept(ino, peer);
  expect(asked).toBe(3);
});

test('only administrators give a directory a namespace, and only one that it can have', async () => {
  const { namespaces } = vault.service;
  const inode = await directory('plain');
  const source = new VaultSource(vault.service, true, null);
  const give = (value: string, caller: Peer = peer, flags = 0) =>
    source.assignNamespace(inode, { value, flags }, caller);
  await expect(give('MINE', stranger)).rejects.toMatchObject({ code: 'DENIED', errno: 'EACCES' });
  await expect(source.assignNamespace(inode, null, stranger)).rejects.toMatchObject({ code: 'DENIED' });
  await expect(namespaces.assign('plain', 'MINE', stranger)).rejects.toMatchObject({ code: 'DENIED' });
  for (const name of ['TASK', 'OUT', 'RESULT', 'POLICY', 'mine', ''])
    await expect(give(name), name).rejects.toMatchObject({ code: 'NAMESPACE_NAME', errno: 'EINVAL' });
  await expect(namespaces.assign('files', 'MINE', peer)).rejects.toMatchObject({ code: 'NAMESPACE_PLACE' });
  await expect(namespaces.assign('a', 'MINE', peer)).rejects.toMatchObject({ code: 'NOT_DIRECTORY' });
  await expect(namespaces.assign('nowhere', 'MINE', peer)).rejects.toMatchObject({ code: 'PATH_MISSING' });
  const tasks = tasksInode((await vault.session()).tree) ?? 0;
  const beside = source.assignNamespace(tasks, { value: 'MINE', flags: 0 }, peer);
  await expect(beside).rejects.toMatchObject({ code: 'NAMESPACE_PLACE' });
  await expect(give('MINE', peer, 2)).rejects.toMatchObject({ errno: 'ENODATA' });
  expect(await seen(inode)).toBe('FILES');
  await give('MINE', peer, 1);
  await expect(give('HERS', peer, 1)).rejects.toMatchObject({ errno: 'EEXIST' });
  expect(await seen(inode)).toBe('MINE');
  const made = await records();
  expect(made).toContainEqual(
    expect.objectContaining({ event: 'AUDIT_DENIED', meta: { operation: 'namespaces.assign' } }),
  );
  expect(made).toContainEqual(
    expect.objectContaining({
      event: 'AUDIT_NAMESPACE_ASSIGN',
      meta: { inode, before: '', namespace: 'MINE' },
    }),
  );
});

test('what a rule denies in a namespace it denies to who would bring it out of there', async () => {
  const { service } = vault;
  const kept = await directory('kept');
  const within = await directory('within', kept);
  await service.namespaces.assign('kept', 'KEPT', peer);
  const file = await vault.make('file', 'secret');
  await move([rootInode, 'file'], [within, 'file']);
  const rule = { name: 'no', who: { uid: stranger.uid }, effect: 'deny' } as const;
  await service.rules.set([{ ...rule, where: { namespace: 'KEPT' }, operations: ['read'] }], null, peer);
  const guard = (await vault.session()).rules.guard();
  const name = (parent: number, text: string) => ({ parent, name: Buffer.from(text) });
  const refusal = (from: ReturnType<typeof name>, to: ReturnType<typeof name>, caller = stranger) =>
    guard?.renameRefusal(from, to, false, caller);
  const denied = { code: 'DENIED' };
  // Its content is in FILES still.
  await expect(guard?.refusal('read', { ino: file }, stranger)).rejects.toMatchObject(denied);
  await expect(refusal(name(within, 'file'), name(rootInode, 'file'))).rejects.toMatchObject(denied);
  await expect(refusal(name(kept, 'within'), name(rootInode, 'out'))).rejects.toMatchObject(denied);
  expect(refusal(name(within, 'file'), name(kept, 'file'))).toBeUndefined();
  expect(refusal(name(rootInode, 'kept'), name(rootInode, 'elsewhere'))).toBeUndefined();
  expect(refusal(name(kept, 'within'), name(rootInode, 'out'), peer)).toBeUndefined();
  const { changes } = await vault.session();
  link(changes, file, name(rootInode, 'also'));
  await expect(guard?.removalRefusal(name(within, 'file'), stranger)).rejects.toMatchObject(denied);
  expect(guard?.removalRefusal(name(rootInode, 'also'), stranger)).toBeUndefined();
  await service.rules.set([], null, peer);
});

test('a tree of the past asks by the stricter of then and now', async () => {
  const { service } = vault;
  await service.namespaces.set({ ASKS: { opens: 'first', unseal: 'per-open' } }, null, peer);
  const [then, now] = [await directory('then'), await directory('now')];
  const swept = await directory('swept', now);
  const below = async (parent: number, name: string): Promise<number> => {
    const inode = await vault.make(name, name);
    await move([rootInode, name], [parent, name]);
    return inode;
  };
  const files = {
    before: await below(then, 'of then'),
    after: await below(now, 'of now'),
    gone: await below(now, 'gone since'),
    swept: await below(swept, 'of swept'),
    plain: ino,
  };
  await service.namespaces.assign('then', 'ASKS', peer);
  const session = await vault.session();
  await session.writing.snapshot();
  const end = nowNanoseconds();
  await service.namespaces.assign('then', null, peer);
  await service.namespaces.assign('now', 'ASKS', peer);
  unlink(session.changes, { parent: now, name: Buffer.from('gone since') });
  unlink(session.changes, { parent: swept, name: Buffer.from('of swept') });
  rmdir(session.changes, { parent: now, name: Buffer.from('swept') });
  await session.writing.snapshot();
  const rule = { name: 'no', who: { uid: stranger.uid }, effect: 'deny' } as const;
  await service.rules.set([{ ...rule, where: { namespace: 'ASKS' }, operations: ['read'] }], null, peer);
  const source = new VaultSource(service, true, end);
  await source.tree();
  for (const [name, inode] of Object.entries(files)) {
    asked = 0;
    (await source.openInode(inode, peer)).close();
    expect(asked, name).toBe(name === 'plain' ? 0 : 1);
    expect(source.prepare(inode), name).toBeNull();
    const refused = (await source.guard())?.refusal('read', { ino: inode }, stranger);
    if (name === 'plain') expect(refused).toBeUndefined();
    else await expect(refused, name).rejects.toMatchObject({ code: 'DENIED' });
  }
  asked = 0; // The tree of now has the one that is left of then in FILES.
  await vault.read(files.before);
  expect(asked).toBe(0);
  await service.rules.set([], null, peer);
});

test('settings are there again after the vault was closed; what can not be read is as strict as can be', async () => {
  await vault.service.namespaces.set({ FILES: { opens: 'all', unseal: 'session' } }, null, peer);
  let session = await vault.reopen();
  expect(session.namespaces.of('FILES').opens).toBe('all');
  await new PolicyRecord(session, 'namespaces').write(Buffer.from('{"v":1}'));
  session = await vault.reopen();
  expect(await vault.service.namespaces.list()).toBeNull();
  expect(session.namespaces.of('ANY')).toEqual(strictestSettings);
  expect(session.namespaces.all).toEqual(strictestSettings);
  asked = 0;
  await vault.read(ino);
  expect(asked).toBe(1);
});

test('a vault that is restored from a backup keeps settings and directories, and asks its TPM likewise', async () => {
  const { namespaces } = vault.service;
  await namespaces.set({ ASKING: { opens: 'first', unseal: 'per-open' } }, null, peer);
  const asking = await directory('asking');
  await namespaces.assign('asking', 'ASKING', peer);
  const below = await vault.make('below', 'more');
  await move([rootInode, 'below'], [asking, 'below']);
  const restored = await vault.restored();
  try {
    await restored.unlock({ slot: 'tpm', pin: null }, peer);
    expect((await restored.namespaces.list())?.namespaces).toMatchObject({ ASKING: { unseal: 'per-open' } });
    const source = new VaultSource(restored, true, null);
    expect(await source.namespace(asking)).toBe('ASKING');
    const asks = async (inode: number): Promise<number> => {
      asked = 0;
      (await source.openInode(inode, peer)).close();
      return asked;
    };
    expect([await asks(below), await asks(ino)]).toEqual([1, 0]);
  } finally {
    await restored.stop(null);
  }
});
