/** A mount that others are let into: whether the vault was made for several users, and what that does. */
import { closeSync, fchownSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Machine } from './machine.js';

// Files get owners, and root needs no line in fuse.conf.
const isRoot = process.geteuid?.() === 0;
let machine: Machine;
afterEach(() => machine.end());

/** IDs of the same content, as files of two users. */
async function idsOfTwo(): Promise<readonly (string | null)[]> {
  const ids: (string | null)[] = [];
  for (const uid of [70_001, 70_002]) {
    const path = join(machine.mount, `files/of-${uid}`);
    const file = openSync(path, 'wx');
    writeSync(file, 'what one of them guesses');
    fchownSync(file, uid, uid);
    closeSync(file);
    const caller = { uid: 0, gid: 0, groups: [], pid: null };
    ids.push((await machine.call('file.resolve', { inode: statSync(path).ino, caller })).id);
  }
  return ids;
}

it.skipIf(!isRoot)(
  'of a vault for one user is warned of: equal content of two users has one ID',
  async () => {
    machine = Machine.empty();
    machine.init();
    machine.ok('up', '--allow-other');
    const [one, other] = await idsOfTwo();
    expect(one).toBe(other);
    expect(machine.run('doctor').out).toContain('the vault was made for one');
    expect(machine.ok('status')).toContain('for whom the vault was not made');
  },
);

it.skipIf(!isRoot)('of a vault for several is not: equal content of two users has two IDs', async () => {
  machine = Machine.empty();
  machine.init('--shared');
  machine.ok('up', '--allow-other');
  const [one, other] = await idsOfTwo();
  expect(one).not.toBe(other);
  expect(machine.run('doctor').out).not.toContain('the vault was made for one');
  expect(machine.ok('status')).toContain('other users allowed)');
});
