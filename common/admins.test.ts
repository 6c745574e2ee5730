import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Admins } from './admins.js';
import { UserDatabase } from './user-database.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  vi.useFakeTimers();
  writeFileSync(
    join(folder, 'passwd'),
    'root:x:0:0::/:\nann:x:1001:1001::/:\nbea:x:1002:900::/:\ncy:x:1003:1003::/:\n',
  );
  group('ann');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

function group(members: string): void {
  writeFileSync(join(folder, 'group'), `root:x:0:\nsherin-admin:x:900:${members}\nothers:x:901:cy\n`);
}

function database(): UserDatabase {
  return new UserDatabase({ passwd: join(folder, 'passwd'), group: join(folder, 'group') });
}

const ann = { uid: 1001, gid: 1001, groups: [900] };

it('by the user database, root and members are administrators, whichever way they are members', () => {
  const admins = new Admins(database());
  const are = [0, 1001, 1002, 1003, 1004, null].map((uid) => admins.has({ uid }));
  expect(are).toEqual([true, true, true, false, false, false]);
});

it('a process is one when it has the group and its user is a member still', () => {
  const admins = new Admins(database());
  expect(admins.hasPeer(ann)).toBe(true);
  expect(admins.hasPeer({ ...ann, groups: [] })).toBe(false);
  expect(admins.hasPeer({ uid: 1002, gid: 900, groups: [] })).toBe(true);
  expect(admins.hasPeer({ uid: 1003, gid: 1003, groups: [900] })).toBe(false);
  expect(admins.hasPeer({ uid: 0, gid: 0, groups: [] })).toBe(true);
});

it('a membership that ends is gone a minute later', () => {
  const admins = new Admins(database());
  expect(admins.hasPeer(ann)).toBe(true);
  group('');
  vi.advanceTimersByTime(60_001);
  expect(admins.hasPeer(ann)).toBe(false);
});

it('without a user database only root is one', () => {
  const admins = new Admins(new UserDatabase({ passwd: join(folder, 'none'), group: join(folder, 'none') }));
  expect([0, 1001].map((uid) => admins.has({ uid }))).toEqual([true, false]);
  expect(admins.hasPeer(ann)).toBe(false);
});

it('a user has the groups of both files', () => {
  group('ann,cy');
  expect(database().groupsOf(1003)).toEqual([1003, 900, 901]);
  expect(database().groupsOf(1002)).toEqual([900]);
  expect(database().groupsOf(4)).toEqual([]);
});

it('a user has other groups as soon as the file says so', () => {
  const users = database();
  expect(users.groupsOf(1003)).toEqual([1003, 901]);
  group('cy');
  expect(users.groupsOf(1003)).toEqual([1003, 900, 901]);
  rmSync(join(folder, 'group'));
  expect(users.groupsOf(1003)).toEqual([1003]);
});
