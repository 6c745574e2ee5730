/** One answer for one count: whatever changes what sherin-fs says of rights, the count is another before. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import type { SherinId } from '../../common/ids.js';
import { usualSettings } from '../../common/namespaces/record.js';
import { SegmentWriter } from '../audit/writer.js';
import { rootInode } from '../manifest/records.js';
import { setAttributes, setXattr } from '../mount/changes/inode-attributes.js';
import { link, make, rename, unlink } from '../mount/changes/names.js';
import { ObjectAccess } from './objects/object-access.js';
import { peer, ServedVault } from './service.fixture.js';
import type { Session } from './session/session.js';

const quiet = (): void => undefined;
const callers = [
  { uid: 0, gid: 0, groups: [], pid: null },
  { uid: 61_001, gid: 61_001, groups: [], pid: null },
];
const place = (name: string, parent = rootInode) => ({ parent, name: Buffer.from(name) });

let vault: ServedVault;
let objects: ObjectAccess;
let file: number;
let directory: number;
let id: SherinId;
/** What was said at each count. */
const said = new Map<number, string>();

/** What everybody would be told of the file's content now, were others at the mount. */
function told(): string {
  const session = vault.service.current();
  if (session === null) return 'locked';
  const glance = objects.glance(session);
  const answers = callers.map((caller) => {
    try {
      return glance.at(id, caller);
    } catch (error) {
      return error instanceof SherinError ? error.code : 'a fault';
    }
  });
  return JSON.stringify([answers, session.records.writable]);
}

function look(): void {
  const { generation } = vault.service.standing;
  const now = told();
  const before = said.get(generation);
  if (before !== undefined && before !== now)
    throw new Error(`at count ${generation} it was ${before}, and is ${now}`);
  said.set(generation, now);
}

/** Looks wherever a question could be answered while `change` runs. @returns whether all that stood has lapsed */
async function lapses(change: () => unknown): Promise<boolean> {
  const { generation } = vault.service.standing;
  look();
  let running = true;
  const looking = (async () => {
    while (running) {
      for (let step = 0; step < 20; step++) {
        await null;
        look();
      }
      await setImmediate();
    }
  })();
  try {
    await change();
  } finally {
    running = false;
    await looking;
  }
  look();
  return vault.service.standing.generation !== generation;
}

const session = (): Promise<Session> => vault.session();
const changes = async () => (await session()).changes;

beforeAll(async () => {
  vault = await ServedVault.start();
  const { service } = vault;
  objects = new ObjectAccess({ vault: service, origins: service.origins, othersComeIn: () => true });
  directory = make(await changes(), place('d'), { kind: 'directory', mode: 0o755 }, peer);
  file = await vault.make('asked', 'the answer');
  await (await session()).writing.seal();
  const { tree } = await session();
  id =
    tree.object(tree.inode(file)?.object ?? 0)?.id ?? (await Promise.reject(new Error('it has no content')));
});
afterAll(() => vault.end());

it('looks change nothing: neither questions, nor reads, nor records', async () => {
  expect(await lapses(() => objects.stat(id, peer))).toBe(false);
  expect(await lapses(() => vault.read(file))).toBe(false);
  expect(
    await lapses(() => vault.service.note({ event: 'AUDIT_TEST', id: null, actor: peerActor, meta: {} })),
  ).toBe(false);
  expect(await lapses(() => vault.service.status())).toBe(false);
  expect(await lapses(async () => (await session()).records.denied('open', id, peer))).toBe(false);
});

const peerActor = { uid: peer.uid, pid: null, exe: null };

const attributes = async (change: Parameters<typeof setAttributes>[2]) =>
  setAttributes(await changes(), file, change, { uid: 0, gid: 0, groups: [] } as never);

it.each<[string, () => unknown]>([
  ['other modes', () => vault.chmod(file, 0o600)],
  ['modes as they were', () => vault.chmod(file, 0o644)],
  ['another owner', () => attributes({ uid: 61_001 })],
  ['an owner as before', () => attributes({ uid: peer.uid })],
  ['other modes of a directory above', () => vault.chmod(rootInode, 0o700)],
  ['those as they were', () => vault.chmod(rootInode, 0o755)],
  ['another name', async () => rename(await changes(), place('asked'), place('asked', directory), 0)],
  ['a closed directory around it', () => vault.chmod(directory, 0o700)],
  ['a name beside it', async () => link(await changes(), file, place('beside'))],
  ['the loss of a name', async () => unlink(await changes(), place('asked', directory))],
  ['a name as before', async () => rename(await changes(), place('beside'), place('asked'), 0)],
  ['an attribute', async () => setXattr(await changes(), file, 'user.note', Buffer.from('x'), 0)],
  [
    'equal content elsewhere',
    async () => {
      const other = await vault.make('same', 'the answer');
      await vault.chmod(other, 0o600);
      await (await session()).writing.seal();
    },
  ],
  ['the removal of that', () => vault.service.removing.remove(['same'], peer)],
  [
    'another version',
    async () => {
      (await changes()).opened(file);
      await vault.write(file, 0, 'one more');
      (await changes()).closed(file);
      await (await session()).writing.seal();
    },
  ],
  ['a bot', () => vault.service.tasks.bots.open({ bot: 'b', uid: 61_001, mostBytes: 1024 }, peer)],
  ['a rule', () => setRule('bot')],
  ['the end of a bot', () => vault.service.tasks.bots.close('b', peer)],
  ['another rule', () => setRule('uid')],
  ['no rules', () => vault.service.rules.set([], null, peer)],
  [
    'settings of a namespace',
    () => vault.service.namespaces.set({ FILES: { ...usualSettings, opens: 'all' } }, null, peer),
  ],
  ['a lock', () => vault.service.lock(peer)],
  ['an unlock', () => vault.service.unlock({ slot: 'tpm', pin: null }, peer)],
  ['another opening', () => vault.reopen()],
])('%s lets nothing stand', async (_, change) => {
  expect(await lapses(change)).toBe(true);
});

function setRule(who: 'bot' | 'uid') {
  const whom = who === 'bot' ? { bot: 'b' } : { uid: 61_001 };
  const rule = { name: 'closed', who: whom, where: { namespace: 'FILES' }, effect: 'deny' } as const;
  return vault.service.rules.set([{ ...rule, operations: ['read'] }], null, peer);
}

it('grants to bots, their beginning and their end', async () => {
  const { bots, grants } = vault.service.tasks;
  const { tree } = await session();
  const present = tree.object(tree.inode(file)?.object ?? 0)?.id ?? '';
  const submitter = { uid: peer.uid, gid: peer.gid, groups: [] };
  await bots.open({ bot: 'c', uid: 61_002, mostBytes: 1024 }, peer);
  expect(await lapses(() => grants.add({ bot: 'c', task: 't', ids: [present] }, submitter, peer))).toBe(true);
  expect(await lapses(() => grants.end('c', 't', peer))).toBe(true);
  await bots.close('c', peer);
});

it('a log that takes no records', async () => {
  const whole = SegmentWriter.prototype.write;
  SegmentWriter.prototype.write = () =>
    Promise.reject(Object.assign(new Error('the disk is full'), { code: 'ENOSPC' }));
  try {
    const record = { event: 'AUDIT_TEST', id: null, actor: peerActor, meta: {} };
    expect(await lapses(async () => (await session()).records.record(record).catch(quiet))).toBe(true);
  } finally {
    SegmentWriter.prototype.write = whole;
  }
});

it('a cube in quarantine', async () => {
  const other = await vault.make('damaged', 'x'.repeat(1_000));
  await vault.reopen();
  const cubes = join(vault.service.vaultPath, 'cubes');
  for (const name of readdirSync(cubes, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.cube')) continue;
    const bytes = readFileSync(join(cubes, name));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    writeFileSync(join(cubes, name), bytes);
  }
  expect(await lapses(() => vault.read(other).catch(quiet))).toBe(true);
});

it('versions that are given up or destroyed', async () => {
  expect(await lapses(() => vault.service.destroying.destroy(['asked', 'same'], peer, quiet))).toBe(true);
  expect(told()).toContain('VERSION_COLLECTED');
});

it('the end of sherin-fs', async () => {
  expect(await lapses(() => vault.service.lock(peer))).toBe(true);
  const { standing } = vault.service;
  standing.end();
  standing.lapse();
  expect(standing.generation).toBe(0);
  // All of them were tried.
  expect(new Set(said.values()).size).toBeGreaterThanOrEqual(5);
});
