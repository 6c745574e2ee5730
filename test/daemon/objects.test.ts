/** What sherind tells of objects is what sherin-fs decides for the caller: nothing of a file that he may not read. */
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../vault/machine.js';
import { type Answer, AsUser, type User } from './as-user.js';
import { Sherind } from './sherind.js';

const stranger: User = { uid: 65_534, gid: 65_534 };
const member: User = { uid: 65_533, gid: 65_533, groups: [5000] };
const root: User = { uid: 0, gid: 0 };
const unknown = 'FILES_20260101_0123456789abcdef0123456789abcdef';
const asRoot = process.getuid?.() === 0;

let machine: Machine;
let sherind: Sherind;
let clients: AsUser[] = [];

const socket = (): string => join(machine.home, 'run/sherind.sock');
const file = (name: string): string => join(machine.mount, 'files', name);

function as(user: User): AsUser {
  const client = new AsUser(socket(), user);
  clients.push(client);
  return client;
}

function write(name: string, mode: number, gid = 0): void {
  writeFileSync(file(name), `content of ${name}`);
  chownSync(file(name), 0, gid);
  chmodSync(file(name), mode);
}

async function idOf(name: string): Promise<string> {
  const { entry } = await machine.call('stat', { target: `files/${name}` });
  return entry.id ?? '';
}

/** An answer without the ID that was asked for. */
function anonymous(answer: Answer, id: string): unknown {
  return JSON.parse(JSON.stringify(answer).replaceAll(id, 'ID'));
}

async function listed(client: AsUser, namespace = 'FILES'): Promise<string[]> {
  const ids: string[] = [];
  let page: string | undefined;
  do {
    const { result } = await client.ask('object.list', { namespace, ...(page && { page }) });
    ids.push(...(result?.ids ?? []));
    page = result?.next ?? undefined;
  } while (page !== undefined);
  return ids;
}

describe.runIf(asRoot)('over everything real', () => {
  beforeAll(async () => {
    machine = Machine.start();
    machine.ok('down');
    machine.ok('up', '--allow-other');
    // Whom the socket lets in is the group's affair; here it is everybody.
    sherind = await Sherind.start(machine);
    chmodSync(machine.home, 0o711);
    chmodSync(socket(), 0o666);
    mkdirSync(file('closed'), { mode: 0o700 });
    write('public', 0o644);
    write('secret', 0o600);
    write('closed/inside', 0o644);
    write('shared', 0o640, 5000);
    write('not-for-members', 0o604, 5000);
  });
  afterEach(() => {
    for (const client of clients) client.end();
    clients = [];
  });
  afterAll(async () => {
    await sherind.end();
    machine.end();
  });

  it('a reader is told of a file: by ID, by inode number, in lists', async () => {
    const id = await idOf('public');
    const { ino, size } = statSync(file('public'));
    const client = as(stranger);
    expect((await client.ask('object.stat', { id })).result).toEqual({
      ...{ id, size, stored: size, files: 1, policy: 'user', verified: false },
    });
    const byId = (await client.ask('file.resolve', { id })).result;
    const byInode = (await client.ask('file.resolve', { inode: ino })).result;
    expect(byId).toMatchObject({ id, size, next: null });
    expect(byInode).toMatchObject({ id, size, cube_ids: byId?.cube_ids });
    expect((await client.ask('object.lineage', { id })).result).toEqual({ id, relatives: [], next: null });
    expect(await listed(client)).toContain(id);
    expect(await listed(client, 'OTHERS')).toEqual([]);
  });

  it.each([
    ['secret', stranger],
    ['closed/inside', stranger],
    ['shared', stranger],
    ['secret', member],
    ['not-for-members', member],
  ])('of %s it is as if there were none, to whom may not read it', async (name, user) => {
    const id = await idOf(name);
    const { ino } = statSync(file(name));
    const client = as(user);
    for (const method of ['object.stat', 'object.lineage', 'file.resolve'] as const) {
      const answer = await client.ask(method, { id });
      expect(answer).toMatchObject({ error: { code: -32000, data: { code: 'ENOENT' } } });
      expect(anonymous(answer, id)).toEqual(anonymous(await client.ask(method, { id: unknown }), unknown));
    }
    const hidden = await client.ask('file.resolve', { inode: ino });
    expect(hidden).toEqual(await client.ask('file.resolve', { inode: 9_999_999 }));
    expect(hidden).toMatchObject({ error: { data: { code: 'ENOENT' } } });
    const ids = await listed(client);
    expect(ids).not.toContain(id);
    expect(ids).toContain(await idOf('public'));
    expect(await client.ask('object.list', { namespace: 'FILES', page: id })).toMatchObject({
      error: { data: { code: 'ENOENT' } },
    });
  });

  it('groups of the process count, the first and the others; root reads all', async () => {
    for (const user of [member, { uid: 65_532, gid: 5000 }, root]) {
      expect((await as(user).ask('object.stat', { id: await idOf('shared') })).result).toBeDefined();
    }
    expect(await listed(as(root))).toContain(await idOf('secret'));
  });

  it('nothing a caller says about himself counts', async () => {
    const id = await idOf('secret');
    const caller = { uid: 0, gid: 0, groups: [], pid: 1 };
    const answer = await as(stranger).ask('object.stat', { id, caller });
    expect(answer).toMatchObject({ error: { code: -32602, message: 'object.stat: unknown field caller' } });
  });

  it('rights that change count at once, and an old version is the owner’s alone', async () => {
    write('changing', 0o644);
    const id = await idOf('changing');
    const { ino } = statSync(file('changing'));
    const client = as(stranger);
    const version = async () => (await client.ask('file.resolve', { inode: ino })).result?.version;
    const before = await version();
    expect(before).toBe(await version());
    writeFileSync(file('changing'), 'another content');
    expect(await version()).not.toBe(before);
    expect((await client.ask('object.stat', { id })).error?.data.code).toBe('ENOENT');
    expect((await as(root).ask('object.stat', { id })).result).toMatchObject({ files: 0 });
    chmodSync(file('changing'), 0o600);
    expect((await client.ask('file.resolve', { inode: ino })).error?.data.code).toBe('ENOENT');
    unlinkSync(file('changing'));
    expect((await as(root).ask('file.resolve', { inode: ino })).error?.data.code).toBe('ENOENT');
  });

  it('comes in pages that fit a line', async () => {
    mkdirSync(file('many'));
    for (let i = 0; i < 130; i++) write(`many/${i}`, 0o644);
    writeFileSync(file('large'), randomBytes(70 * 1024 * 1024));
    const client = as(stranger);
    const wanted = await Promise.all(Array.from({ length: 130 }, (_, i) => idOf(`many/${i}`)));
    const ids = await listed(client);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(wanted));
    const id = await idOf('large');
    const first = (await client.ask('file.resolve', { id })).result;
    const second = (await client.ask('file.resolve', { id, page: first?.next })).result;
    const cubes = [...(first?.cube_ids ?? []), ...(second?.cube_ids ?? [])];
    expect(second?.next).toBeNull();
    expect(cubes).toHaveLength(70);
    expect(new Set(cubes).size).toBe(70);
  });

  it('locking, unlocking and scrubbing are for administrators, and recorded as theirs', async () => {
    const client = as(stranger);
    for (const method of ['vault.lock', 'vault.unlock', 'vault.scrub'] as const) {
      expect(await client.ask(method)).toMatchObject({ error: { data: { code: 'EACCES' } } });
    }
    const admin = as(root);
    expect((await admin.ask('vault.scrub')).result).toMatchObject({ failed: 0 });
    expect(await admin.ask('vault.lock')).toMatchObject({ result: {} });
    expect(await admin.ask('object.stat', { id: unknown })).toMatchObject({
      error: { data: { code: 'ENOKEY' } },
    });
    expect(await client.ask('object.stat', { id: unknown })).toMatchObject({
      error: { data: { code: 'ENOKEY' } },
    });
    expect(await admin.ask('vault.unlock')).toMatchObject({ result: {} });
    const { records } = await machine.call('audit.tail', { count: 20 });
    for (const event of ['AUDIT_SCRUB', 'AUDIT_LOCK', 'AUDIT_UNLOCK']) {
      expect(records).toContainEqual(
        expect.objectContaining({ event, actor: expect.objectContaining({ uid: 0, pid: admin.pid }) }),
      );
    }
  });

  it('where the mount lets in no others, they learn nothing here', async () => {
    machine.ok('umount');
    machine.ok('mount');
    const id = await idOf('public');
    expect((await as(stranger).ask('object.stat', { id })).error?.data.code).toBe('ENOENT');
    expect(await listed(as(stranger))).toEqual([]);
    expect((await as(root).ask('object.stat', { id })).result).toBeDefined();
  });
});
