/** Files that small rewrites have left in pieces, joined again once they have cooled: what users, readers and the disk have of it. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cubeIdFromBytes } from '../../common/ids.js';
import { cubesOf, objectSlots } from '../cube/catalog.js';
import { pathHistory } from '../history/path-history.js';
import type { ObjectInfo } from '../manifest/tree.js';
import { RollbackGuard } from '../service/session/rollback-guard.js';
import type { Session } from '../service/session/session.js';
import { Collecting } from '../service/versions/collecting.js';
import { CheckedVault, peer } from './fsck.fixture.js';
import { readNeeded } from './needed.js';

const mib = 2 ** 20;
const vertex = 65_536;
const quiet = (): void => undefined;

let vault: CheckedVault;
beforeEach(async () => {
  vault = await CheckedVault.create();
});
afterEach(() => vault.remove());

const open = (): Promise<Session> => vault.service.unlocked();
const inodeOf = ({ tree }: Session, name: string): number => tree.find([Buffer.from(name)])?.ino ?? 0;

async function objectOf(name: string): Promise<ObjectInfo> {
  const session = await open();
  const object = session.tree.object(session.tree.objectOfFile(inodeOf(session, name)) ?? 0);
  if (object === undefined) throw new Error('no content');
  return object;
}

async function write(name: string, offset: number, bytes: Buffer): Promise<void> {
  const session = await open();
  await session.changes.write(inodeOf(session, name), offset, bytes.length, (from, length, target, at) => {
    bytes.copy(target, at, from, from + length);
  });
}

/** A program opens a file, writes 4 KiB and closes it, many times: each is a version. @returns the content after each */
async function rewrite(name: string, content: Buffer, offsets: readonly number[]): Promise<Buffer[]> {
  const session = await open();
  const ino = inodeOf(session, name);
  const states: Buffer[] = [];
  let last = content;
  for (const offset of offsets) {
    const bytes = randomBytes(4096);
    session.changes.opened(ino);
    await write(name, offset, bytes);
    session.changes.closed(ino);
    await session.writing.durable(null);
    last = Buffer.from(last);
    bytes.copy(last, offset);
    states.push(last);
  }
  return states;
}

async function bytesOf(object: ObjectInfo): Promise<Buffer> {
  const content = await (await open()).openContent({ ino: null, object }, peer);
  const bytes = Buffer.alloc(content.size);
  await content.read(0, bytes.length, bytes);
  content.close();
  return bytes;
}

async function expectContent(name: string, content: Buffer | undefined): Promise<void> {
  expect((await bytesOf(await objectOf(name))).equals(content ?? Buffer.alloc(0))).toBe(true);
}

async function kindsOf(name: string): Promise<string[]> {
  const { manifest } = await open();
  return Array.from(objectSlots(manifest, await objectOf(name)), ({ slot }) => slot.kind);
}

/** A pass for which every file has cooled. */
const join = async (): Promise<number> => (await open()).writing.joining.pass(0);

/** Keeps the newest version of each file, after such a pass. */
function gc() {
  const { service } = vault;
  const parts = {
    vault: service,
    owner: peer.uid,
    lock: service.cubeLock,
    invalidate: async () => undefined,
  };
  const none = { hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: null };
  const request = { retention: { last: 1, ...none }, paths: [], dryRun: false };
  return new Collecting({ ...parts, cooling: 0 }).gc(request, peer, quiet);
}

async function reopen(): Promise<void> {
  await vault.service.lock(peer);
  await vault.service.unlock({ slot: 'tpm', pin: null }, peer);
}

const stored = (): string[] => vault.cubes().map((path) => basename(path, '.cube'));

/** Of its first two slots. */
const rewritten = [0, 5 * vertex, 9 * vertex, mib + 3 * vertex, 4096];

/** A file of nine slots and a bit, whose root node is large, with two of its slots in pieces. */
async function inPieces(name = 'a'): Promise<Buffer[]> {
  const content = randomBytes(9 * mib + 5000);
  await vault.put(name, content);
  const states = await rewrite(name, content, rewritten);
  const kinds = await kindsOf(name);
  expect(kinds.slice(0, 3)).toEqual(['pieces', 'pieces', 'cube']);
  return [content, ...states];
}

const wholeFile = Array.from({ length: 10 }, () => 'cube');

describe('a file that was rewritten a little many times', () => {
  it('is whole cubes after a pass, with the content and the versions that it had', async () => {
    const states = await inPieces();
    const session = await open();
    const ino = inodeOf(session, 'a');
    const before = { ...(await objectOf('a')), version: session.tree.inode(ino)?.version };
    const history = () => pathHistory(session.manifest, [Buffer.from('a')], quiet);
    const log = await history();
    expect(await join()).toBe(2);
    expect(await kindsOf('a')).toEqual(wholeFile);
    expect(await join()).toBe(0);
    const { id, no, length, root, node } = await objectOf('a');
    expect({ id, no, length, root }).toEqual({
      id: before.id,
      no: before.no,
      length: before.length,
      root: before.root,
    });
    expect(node.equals(before.node)).toBe(false);
    expect(session.tree.inode(ino)?.version).toBe(before.version);
    expect(await history()).toEqual(log);
    await expectContent('a', states.at(-1));
    const versions = [...session.manifest.versions(ino)].map(({ put }) =>
      session.manifest.tree.objectById(put.id),
    );
    for (const [at, object] of versions.entries())
      expect(object !== undefined && (await bytesOf(object)).equals(states[at] ?? Buffer.alloc(0))).toBe(
        true,
      );
    await session.checks.manifest();
    await reopen();
    expect(await kindsOf('a')).toEqual(wholeFile);
    await expectContent('a', states.at(-1));
    expect(await vault.fsck()).toMatchObject({ clean: true, versions: 6, tables: [], lacks: [] });
  });

  it('gives the space of its pieces back with a gc, which joins them first', async () => {
    const states = await inPieces();
    const report = await gc();
    expect(report.versions).toBe(5);
    expect(await kindsOf('a')).toEqual(wholeFile);
    expect(stored()).toHaveLength(10);
    const session = await open();
    expect([...(await readNeeded(session.manifest))].sort()).toEqual(stored().sort());
    const clean = { clean: true, tables: [], lacks: [], leftovers: [] };
    expect(await vault.fsck()).toMatchObject(clean);
    await expectContent('a', states.at(-1));
    await session.checks.manifest();
    await reopen();
    expect(await vault.fsck({ rebuild: true, repair: true, removeOrphans: true })).toMatchObject(clean);
    await expectContent('a', states.at(-1));
  });

  it('is found again in the log when the tables are lost', async () => {
    const states = await inPieces();
    await join();
    await vault.tamper('DELETE FROM cubes', 'DELETE FROM nodes');
    const found = await vault.fsck({ rebuild: true });
    expect(found).toMatchObject({ clean: true, lostVersions: 0 });
    expect(found.tables.map(({ table }) => table)).toEqual(['cubes', 'nodes']);
    expect(await vault.fsck()).toMatchObject({ clean: true, tables: [] });
    await expectContent('a', states.at(-1));
  });

  it('leaves nothing behind when it is destroyed, wherever its content has lain', async () => {
    const states = await inPieces();
    await join();
    const joined = new Set(stored());
    // Another file comes to the same content, in pieces of its own: no version has the cubes of the pass any more.
    const [first = Buffer.alloc(0), last = Buffer.alloc(0)] = [states[0], states.at(-1)];
    await vault.put('b', first);
    const session = await open();
    const ino = inodeOf(session, 'b');
    session.changes.opened(ino);
    for (const offset of rewritten) await write('b', offset, last.subarray(offset, offset + 4096));
    session.changes.closed(ino);
    await session.writing.durable(null);
    expect((await objectOf('b')).no).toBe((await objectOf('a')).no);
    expect(await kindsOf('a')).toContain('pieces');
    const needed = new Set<string>(await readNeeded(session.manifest));
    expect([...joined].filter((id) => !needed.has(id)).length).toBeGreaterThan(0);
    await vault.service.destroying.destroy(['a', 'b'], peer, quiet);
    expect(stored()).toEqual([]);
  });

  it('has its slots read at one place by whoever has old content in common with it', async () => {
    const states = await inPieces();
    await vault.put('b', states.at(-1) ?? Buffer.alloc(0));
    await join();
    expect(await kindsOf('b')).toEqual(wholeFile);
    await gc();
    await expectContent('b', states.at(-1));
  });
});

it('is joined in part where a pass ends, and the rest in the next ones', async () => {
  const states = await inPieces();
  const { joining } = (await open()).writing;
  expect(await joining.pass(0, 1)).toBe(1);
  expect((await kindsOf('a')).slice(0, 2)).toEqual(['cube', 'pieces']);
  await expectContent('a', states.at(-1));
  expect(await joining.pass(0, 1)).toBe(1);
  expect(await kindsOf('a')).toEqual(wholeFile);
  expect(await joining.pass(0, 1)).toBe(0);
  await expectContent('a', states.at(-1));
  expect(await vault.fsck()).toMatchObject({ clean: true, lacks: [], tables: [] });
});

it('is not joined before it has cooled', async () => {
  await inPieces();
  expect(await (await open()).writing.joining.pass()).toBe(0);
  expect(await kindsOf('a')).toContain('pieces');
  await vault.gc();
  expect(await kindsOf('a')).toContain('pieces');
  expect(await join()).toBe(2);
});

it('goes on being read by who has it open, while it is joined and what it was in is given up', async () => {
  const states = await inPieces();
  const object = await objectOf('a');
  const content = await (await open()).openContent({ ino: null, object }, peer);
  const expectRead = async (): Promise<void> => {
    const bytes = Buffer.alloc(content.size);
    await content.read(0, bytes.length, bytes);
    expect(states.at(-1)?.equals(bytes)).toBe(true);
  };
  await content.read(0, 4096, Buffer.alloc(4096));
  const joining = join();
  await expectRead();
  await joining;
  await expectRead();
  await gc();
  await vault.fsck({ removeOrphans: true });
  const { manifest, reader } = await open();
  for (const { slot } of objectSlots(manifest, object))
    for (const { id } of cubesOf(slot)) {
      expect(stored()).toContain(cubeIdFromBytes(id));
      reader.drop(id);
    }
  await expectRead();
  content.close();
  expect((await gc()).orphans).toBeGreaterThan(3);
  expect(stored()).toHaveLength(10);
});

describe('a file that is written to', () => {
  it('is left alone while a program has it open', async () => {
    const states = await inPieces();
    const session = await open();
    const ino = inodeOf(session, 'a');
    session.changes.opened(ino);
    expect(await join()).toBe(0);
    expect(await kindsOf('a')).toContain('pieces');
    session.changes.closed(ino);
    await session.writing.seal();
    expect(await join()).toBe(2);
    await expectContent('a', states.at(-1));
  });

  it('is left alone when that begins while its cubes are made', async () => {
    const states = await inPieces();
    const session = await open();
    const ino = inodeOf(session, 'a');
    const whole = RollbackGuard.prototype.beforeWrite;
    const written = randomBytes(4096);
    RollbackGuard.prototype.beforeWrite = async function (this: RollbackGuard, ...args): Promise<void> {
      RollbackGuard.prototype.beforeWrite = whole;
      await whole.apply(this, args);
      session.changes.opened(ino);
      await write('a', 2 * vertex, written);
    };
    expect(await join()).toBe(0);
    session.changes.closed(ino);
    await session.writing.durable(null);
    const content = Buffer.from(states.at(-1) ?? '');
    written.copy(content, 2 * vertex);
    await expectContent('a', content);
    await gc();
    expect(await kindsOf('a')).toEqual(wholeFile);
    expect(stored()).toHaveLength(10);
    await expectContent('a', content);
    expect(await vault.fsck()).toMatchObject({ clean: true, tables: [], lacks: [], leftovers: [] });
  });
});

it.each(['before its cubes have names', 'between its cubes and its record'])(
  'is as it was when all ends %s, and a gc removes what is left',
  async (when) => {
    const states = await inPieces();
    const session = await open();
    const kinds = await kindsOf('a');
    const [target, method] = when.startsWith('before')
      ? [session.store, 'commit']
      : [session.manifest, 'commit'];
    const cut = (): never => {
      throw new Error('cut off');
    };
    Object.defineProperty(target, method, { configurable: true, value: cut });
    await expect(join()).rejects.toMatchObject({ code: 'IO' });
    Reflect.deleteProperty(target, method);
    await reopen();
    expect(await kindsOf('a')).toEqual(kinds);
    expect(await vault.fsck()).toMatchObject({ clean: true, lacks: [], tables: [] });
    await expectContent('a', states.at(-1));
    await vault.gc();
    expect(await vault.fsck()).toMatchObject({ clean: true, lacks: [], tables: [], leftovers: [] });
    await expectContent('a', states.at(-1));
    await gc();
    expect(stored()).toHaveLength(10);
    await expectContent('a', states.at(-1));
  },
);

it('keeps the holes that it has', async () => {
  await vault.put('a', Buffer.alloc(1));
  const session = await open();
  const ino = inodeOf(session, 'a');
  session.changes.opened(ino);
  await write('a', 0, randomBytes(vertex));
  await write('a', mib - vertex, randomBytes(vertex));
  session.changes.closed(ino);
  await session.writing.durable(null);
  const { node } = await objectOf('a');
  expect(await join()).toBe(0);
  expect((await objectOf('a')).node.equals(node)).toBe(true);
  const content = await bytesOf(await objectOf('a'));
  const states = await rewrite('a', content, [mib - 4096, vertex]);
  expect(await join()).toBe(1);
  await expectContent('a', states.at(-1));
  // Two vertices before the hole and one behind it, and none for the hole.
  await gc();
  expect(stored()).toHaveLength(2);
});

it('stays where a part of it can not be read, and everything else is joined', async () => {
  const states = await inPieces();
  await inPieces('b');
  const { manifest, reader } = await open();
  const [first] = objectSlots(manifest, await objectOf('a'));
  const [, cube] = first === undefined ? [] : cubesOf(first.slot);
  if (cube === undefined) throw new Error('no pieces');
  const path = vault.cubes().find((name) => basename(name, '.cube') === cubeIdFromBytes(cube.id));
  rmSync(path ?? '');
  reader.drop(cube.id);
  expect(await join()).toBe(3);
  expect((await kindsOf('a')).slice(0, 2)).toEqual(['pieces', 'cube']);
  expect(await kindsOf('b')).toEqual(wholeFile);
  const content = await (await open()).openContent({ ino: null, object: await objectOf('a') }, peer);
  const bytes = Buffer.alloc(mib);
  await content.read(mib, mib, bytes);
  content.close();
  expect(
    states
      .at(-1)
      ?.subarray(mib, 2 * mib)
      .equals(bytes),
  ).toBe(true);
});

it('waits while the vault is being locked, which ends it', async () => {
  const states = await inPieces();
  const joining = join().catch((error: unknown) => error);
  await vault.service.lock(peer);
  await joining;
  await vault.service.unlock({ slot: 'tpm', pin: null }, peer);
  await expectContent('a', states.at(-1));
  expect(await vault.fsck()).toMatchObject({ clean: true, lacks: [], tables: [] });
});
