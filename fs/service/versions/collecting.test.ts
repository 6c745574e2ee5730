/** gc and destroy in a vault of its own: cut off half-way, beside an import, and asked for by somebody else. */
import { closeSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { places } from '../../../common/environment.js';
import type { PutEntry } from '../../../daemon/protocol/control.js';
import type { Peer } from '../../../native/ipc.js';
import type { Retention } from '../../history/retention.js';
import { rootInode } from '../../manifest/records.js';
import type { Import } from '../../transfer/import.js';
import { ownVault } from '../own-vault.fixture.js';
import type { VaultService } from '../service.js';
import type { Session } from '../session/session.js';
import type { GcReport } from './collecting.js';

const peer: Peer = {
  ...{ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, pid: process.pid, groups: [] },
};
const other: Peer = { uid: 4_000_000_000, gid: 4_000_000_000, pid: process.pid, groups: [] };
const onlyNow: Retention = {
  ...{ last: 1, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: null },
};
const quiet = (): void => undefined;

let home = '';
let where: ReturnType<typeof places>;
let service: VaultService;
beforeEach(async () => {
  ({ home, where, service } = await ownVault());
});
afterEach(async () => {
  await service.stop(null);
  rmSync(home, { recursive: true, force: true });
});

/** All that is in memory comes from the disk again. */
async function reopen(): Promise<void> {
  await service.lock(peer);
  await service.unlock({ slot: 'tpm', pin: null }, peer);
}

/** Sends a file of an import. */
async function send(run: Import, name: string, content: string): Promise<void> {
  const path = join(home, 'source');
  writeFileSync(path, content);
  const fd = openSync(path, 'r');
  const size = Buffer.byteLength(content);
  const attributes = { kind: 'file', mode: 0o600, uid: 0, gid: 0, atime: '0', mtime: '0' } as const;
  const entry: PutEntry = { ...attributes, path: name, size, xattrs: [], fd: 0 };
  const [outcome] = await run.entries([entry], [fd], quiet);
  closeSync(fd);
  expect(outcome?.outcome).toBe('stored');
}

async function put(name: string, content: string): Promise<void> {
  const run = await service.imports.begin('files', true, peer);
  await send(run, name, content);
  await run.end();
}

function inodeOf({ tree }: Session, path: string): number {
  return tree.find([Buffer.from(path)])?.ino ?? 0;
}

async function read(path: string): Promise<string> {
  const session = await service.unlocked();
  const ino = inodeOf(session, path);
  const object = session.tree.object(session.tree.objectOfFile(ino) ?? 0) ?? null;
  const content = await session.openFile(ino, object, peer, session.tree);
  const bytes = Buffer.alloc(content.size);
  await content.read(0, bytes.length, bytes);
  content.close();
  return bytes.toString();
}

/** Writes at the mount to a file that is there, and keeps it open. */
async function write(path: string, offset: number, text: string): Promise<void> {
  const session = await service.unlocked();
  const ino = inodeOf(session, path);
  session.changes.opened(ino);
  const bytes = Buffer.from(text);
  await session.changes.write(ino, offset, bytes.length, (from, length, target, at) => {
    bytes.copy(target, at, from, from + length);
  });
}

const gc = (dryRun = false): Promise<GcReport> =>
  service.collecting.gc({ retention: onlyNow, paths: [], dryRun }, peer, quiet);

/** Cube files of the vault: in their places, and on their way out. */
function cubeFiles(): { readonly placed: number; readonly trashed: number } {
  const names = readdirSync(join(where.vault, 'cubes'), { recursive: true, encoding: 'utf8' });
  const cubes = names.filter((name) => name.endsWith('.cube'));
  const trashed = cubes.filter((name) => name.startsWith('trash/')).length;
  return { placed: cubes.length - trashed, trashed };
}

/** Makes a method fail once, as if all ended there. */
function cut(target: object, method: string, after: number): void {
  const whole = Reflect.get(target, method) as (...args: unknown[]) => unknown;
  let left = after;
  Object.defineProperty(target, method, {
    configurable: true,
    value: (...args: unknown[]): unknown => {
      left -= 1;
      if (left >= 0) return whole.apply(target, args);
      Reflect.deleteProperty(target, method);
      throw new Error('cut off');
    },
  });
}

it.each([
  ['before the first cube is moved', 'trash', 0],
  ['between two cubes', 'trash', 1],
  ['before the trash is emptied', 'emptyTrash', 0],
] as const)('leaves only what the next gc removes when it is cut off %s', async (_, method, after) => {
  for (const content of ['one', 'two', 'three', 'four']) await put('a', content);
  await put('b', 'other');
  cut(service.store, method, after);
  await expect(gc()).rejects.toThrow('cut off');
  await reopen();
  expect(await read('a')).toBe('four');
  const { versions, cubes, orphans } = await gc();
  expect({ versions, cubes }).toEqual({ versions: 0, cubes: 0 });
  expect(orphans).toBe(method === 'trash' ? 3 - after : 0);
  expect(cubeFiles()).toEqual({ placed: 2, trashed: 0 });
  expect([await read('a'), await read('b')]).toEqual(['four', 'other']);
  await (await service.unlocked()).checks.manifest();
});

it('finishes a destroy that was cut off, when it is repeated', async () => {
  await put('a', 'secret');
  cut(service.store, 'trash', 0);
  await expect(service.destroying.destroy(['a'], peer, quiet)).rejects.toThrow('cut off');
  await reopen();
  expect(cubeFiles()).toEqual({ placed: 1, trashed: 0 });
  expect(await service.destroying.destroy(['a'], peer, quiet)).toMatchObject({ versions: 0, cubes: 1 });
  expect(cubeFiles()).toEqual({ placed: 0, trashed: 0 });
});

it('never takes a cube that an import has found in the vault', async () => {
  await put('a', 'old');
  await put('a', 'new');
  const run = await service.imports.begin('files', true, peer);
  // The old version's cube is there and is not written again; nothing that refers to it is committed yet.
  await send(run, 'b', 'old');
  const collecting = gc();
  while (!service.cubeLock.contended) await sleep(1);
  // Between two messages the import commits what it has and lets the gc go first.
  await send(run, 'c', 'more');
  const report = await collecting;
  expect(report.versions).toBe(1);
  expect(report.cubes).toBe(0);
  const totals = await run.end();
  expect(totals).toMatchObject({ files: 2, newCubes: 1, knownCubes: 1 });
  expect([await read('a'), await read('b'), await read('c')]).toEqual(['new', 'old', 'more']);
});

it('lets an import wait, and one whose cube has just gone writes it again', async () => {
  await put('a', 'old');
  await put('a', 'new');
  const run = await service.imports.begin('files', true, peer);
  const release = await service.cubeLock.shared();
  const collecting = gc();
  while (!service.cubeLock.contended) await sleep(1);
  let sent = false;
  const sending = send(run, 'b', 'old').then(() => {
    sent = true;
  });
  await sleep(50);
  expect(sent).toBe(false);
  release();
  expect(await collecting).toMatchObject({ versions: 1, cubes: 1 });
  await sending;
  expect(await run.end()).toMatchObject({ newCubes: 1, knownCubes: 0 });
  expect([await read('a'), await read('b')]).toEqual(['new', 'old']);
});

it('keeps what somebody reads until the next time', async () => {
  await put('a', 'old');
  const session = await service.unlocked();
  const object = session.manifest.tree.object(1) ?? null;
  const content = await session.openContent({ ino: null, object }, peer);
  await put('a', 'new');
  expect(await gc()).toMatchObject({ versions: 0, cubes: 0, inUse: 1 });
  const bytes = Buffer.alloc(3);
  await content.read(0, 3, bytes);
  content.close();
  expect(bytes.toString()).toBe('old');
  expect(await gc(true)).toMatchObject({ versions: 1, cubes: 1 });
  expect(await gc()).toMatchObject({ versions: 1, cubes: 1, inUse: 0 });
});

it('takes what a program had written before a put for an old version, and the program goes on in what was put', async () => {
  await put('a', 'x'.repeat(2_500_000));
  await write('a', 1_200_000, 'written');
  await put('a', 'put meanwhile');
  await put('a', 'and again');
  expect(await gc()).toMatchObject({ versions: 3 });
  await write('a', 4, 'now!');
  const session = await service.unlocked();
  session.changes.closed(inodeOf(session, 'a'));
  await gc();
  await reopen();
  expect(await read('a')).toBe('and now!n');
});

it('keeps what a program has written, made durable and holds open', async () => {
  const base = 'x'.repeat(2_500_000);
  await put('a', 'the first');
  await put('a', base);
  const session = await service.unlocked();
  const ino = inodeOf(session, 'a');
  await write('a', 1_200_000, 'durable');
  await session.changes.sync(ino);
  // What it stands on is the newest version when the gc begins; what was written is one when cubes go.
  expect(await gc()).toMatchObject({ versions: 1, cubes: 1 });
  const content = `${base.slice(0, 1_200_000)}durable${base.slice(1_200_007)}`;
  expect((await read('a')) === content).toBe(true);
  await session.changes.sync(ino);
  expect(await gc()).toMatchObject({ versions: 1 });
  expect((await read('a')) === content).toBe(true);
  session.changes.closed(ino);
  await reopen();
  expect((await read('a')) === content).toBe(true);
  const events = (await (await service.unlocked()).records.tail(50)).map(({ event }) => event);
  expect(events).not.toContain('AUDIT_MISSING_CUBE');
});

it('keeps what somebody reads as it lay when it was opened, though equal content lies elsewhere now', async () => {
  await put('a', 'old');
  await put('b', 'new');
  const session = await service.unlocked();
  const [old, other] = ['a', 'b'].map((path) =>
    session.tree.object(session.tree.objectOfFile(inodeOf(session, path)) ?? 0),
  );
  if (old === undefined || other === undefined) throw new Error('no content');
  const content = await session.openContent({ ino: null, object: old }, peer);
  const [version] = session.manifest.versions(inodeOf(session, 'a'));
  if (version === undefined) throw new Error('no version');
  await session.commit(() => [{ ...version.put, node: other.node }]);
  await gc();
  const bytes = Buffer.alloc(3);
  await content.read(0, 3, bytes);
  expect(bytes.toString()).toBe('old');
  content.close();
  expect(await gc()).toMatchObject({ orphans: 1 });
});

it('keeps what a program holds without a name', async () => {
  await put('a', 'held');
  const session = await service.unlocked();
  const ino = inodeOf(session, 'a');
  session.changes.opened(ino);
  session.changes.change([{ type: 'unlink', parent: rootInode, name: Buffer.from('a') }]);
  expect(await gc()).toMatchObject({ versions: 0, cubes: 0, inUse: 1 });
  const file = await session.openFile(
    ino,
    session.tree.object(session.tree.inode(ino)?.object ?? 0) ?? null,
    peer,
    session.tree,
  );
  const bytes = Buffer.alloc(4);
  await file.read(0, 4, bytes);
  expect(bytes.toString()).toBe('held');
  file.close();
  session.changes.closed(ino);
  session.changes.forget(ino);
  expect(await gc()).toMatchObject({ versions: 1, cubes: 1, inUse: 0 });
});

it('waits for no program that holds a large file without a name, and leaves it what it has', async () => {
  await put('a', 'named');
  const session = await service.unlocked();
  const ino = inodeOf(session, 'a');
  const mib = 1024 * 1024;
  session.changes.opened(ino);
  for (let at = 0; at < 80; at++)
    await session.changes.write(ino, at * mib, mib, (from, length, target, to) => {
      for (let i = 0; i < length; i++) target[to + i] = (at + from + i) % 251;
    });
  session.changes.change([{ type: 'unlink', parent: rootInode, name: Buffer.from('a') }]);
  expect([...session.writing.contents.all()].some(({ content }) => content.standsOnCubes)).toBe(true);
  expect(await gc()).toMatchObject({ orphans: 0 });
  const file = await session.openFile(ino, null, peer, session.tree);
  const bytes = Buffer.alloc(mib);
  for (let at = 0; at < 80; at++) {
    await file.read(at * mib, mib, bytes);
    expect([bytes[0], bytes[mib - 1]]).toEqual([at % 251, (at + mib - 1) % 251]);
  }
  file.close();
  session.changes.closed(ino);
  session.changes.forget(ino);
  expect((await gc()).orphans).toBeGreaterThan(10);
});

it('tells a reader who was there before that the content was destroyed', async () => {
  await put('a', 'secret');
  const session = await service.unlocked();
  const object = session.manifest.tree.object(1) ?? null;
  const content = await session.openContent({ ino: null, object }, peer);
  await service.destroying.destroy(['a'], peer, quiet);
  await expect(content.read(0, 6, Buffer.alloc(6))).rejects.toMatchObject({ code: 'VERSION_COLLECTED' });
  content.close();
  const events = (await session.records.tail(20)).map(({ event }) => event);
  expect(events).toContain('AUDIT_DESTROY_DONE');
  expect(events).not.toContain('AUDIT_MISSING_CUBE');
});

it('gives up and destroys nothing for others, and records that they asked', async () => {
  await put('a', 'mine');
  const request = { retention: onlyNow, paths: [], dryRun: true };
  await expect(service.collecting.gc(request, other, quiet)).rejects.toMatchObject({ code: 'DENIED' });
  await expect(service.destroying.destroy(['a'], other, quiet)).rejects.toMatchObject({ code: 'DENIED' });
  expect(await read('a')).toBe('mine');
  const session = await service.unlocked();
  const denied = (await session.records.tail(20)).filter(({ event }) => event === 'AUDIT_DENIED');
  expect(denied.map(({ meta }) => meta.operation)).toContain('gc');
});
