/** Settings of namespaces, in one vault behind a service. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { strictestSettings, usualSettings } from '../../../common/namespaces/record.js';
import type { Peer } from '../../../native/ipc.js';
import { LockedVault } from '../../vault/open.js';
import { PolicyRecord } from '../policy-record.js';
import { peer, ServedVault } from '../service.fixture.js';

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

async function opens(): Promise<number> {
  return (await records()).filter(({ event }) => event === 'AUDIT_OPEN').length;
}

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
