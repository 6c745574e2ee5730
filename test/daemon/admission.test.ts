/** What sherind asks of sherin-fs for a submission: rights, the record and remembered results in one question, for each caller by himself. */
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTaskId } from '../../daemon/tasks/task-id.js';
import { Machine } from '../vault/machine.js';

const alice = { uid: 61_001, gid: 61_001, groups: [], pid: null };
const bob = { uid: 61_002, gid: 61_002, groups: [], pid: null };
const unknown = `FILES_20260101_${'0'.repeat(32)}`;

let machine: Machine;
const path = (name: string): string => join(machine.mount, 'files', name);

/** A new file. @returns its ID */
async function write(name: string, { uid }: { readonly uid: number }, mode = 0o600): Promise<string> {
  writeFileSync(path(name), randomBytes(100));
  chownSync(path(name), uid, uid);
  chmodSync(path(name), mode);
  await machine.settled();
  return (await machine.call('stat', { target: `files/${name}` })).entry.id ?? '';
}

function decided(id: string) {
  return [{ event: 'AUDIT_POLICY_EVALUATED', id, meta: { decision: 'auto_approved' } }];
}

/** Records of one action. */
async function recorded(action: string) {
  const { records } = await machine.call('audit.tail', { count: 50 });
  return records.filter(({ meta }) => (meta as { readonly about?: string }).about === action);
}

async function admit(caller: typeof alice, reads: string[], results: string[], action: string = newTaskId()) {
  const entries = [{ caller, reads, results, events: decided(action) }];
  const [answer] = (await machine.call('request.admit', { entries })).answers;
  return answer;
}

beforeAll(() => {
  machine = Machine.empty();
  machine.init('--shared');
  machine.ok('up', '--allow-other', '--no-daemon');
  chmodSync(machine.home, 0o711);
});
afterAll(() => machine.end());

it('what was decided is on record in the name of the caller, before the answer', async () => {
  const id = await write('own', alice);
  const action = newTaskId();
  expect(await admit(alice, [id], [], action)).toEqual({ results: [] });
  await expect.poll(() => recorded(action)).toHaveLength(1);
  expect(await recorded(action)).toMatchObject([{ actor: { uid: alice.uid } }]);
});

it('whoever may not read all of it learns nothing, and nothing is recorded', async () => {
  const [id, open] = [await write('secret', alice), await write('open', alice, 0o644)];
  const action = newTaskId();
  const none = (wanted: string) => ({ error: { code: 'ID_UNKNOWN', context: { id: wanted } } });
  expect(await admit(bob, [open, id], [open], action)).toEqual(none(id));
  expect(await admit(bob, [unknown], [open], action)).toEqual(none(unknown));
  await admit(bob, [open], []);
  expect(await recorded(action)).toEqual([]);
});

it('a result is good once it was verified, and none for whom it is not', async () => {
  const [id, secret] = [await write('asked', alice), await write('answer', alice)];
  // A new sherin-fs has verified nothing yet.
  machine.ok('down');
  machine.ok('up', '--allow-other', '--no-daemon');
  await machine.call('unlock', { slot: 'tpm' });
  expect(await admit(alice, [id], [secret, unknown])).toEqual({ results: ['unverified', 'none'] });
  await machine.call('verify', { target: secret });
  expect(await admit(alice, [id], [secret, unknown])).toEqual({ results: ['good', 'none'] });
  expect(await admit(bob, [], [secret])).toEqual({ results: ['none'] });
});

it('each submission of a message stands for itself', async () => {
  const [mine, his] = [await write('mine', alice), await write('his', bob)];
  const of = (caller: typeof alice, id: string) => ({ caller, reads: [id], results: [id], events: [] });
  const entries = [of(alice, mine), of(alice, his), of(bob, his)];
  const { answers } = await machine.call('request.admit', { entries });
  expect(answers.map((answer) => 'error' in answer)).toEqual([false, true, false]);
});

it('while the vault is locked there is no answer but that', async () => {
  const id = await write('kept', alice);
  await machine.call('lock', {});
  expect(await admit(alice, [id], [])).toMatchObject({ error: { code: 'LOCKED' } });
  await machine.call('unlock', { slot: 'tpm' });
});
