/** What sherind asks of sherin-fs for a submission: rights, the record and remembered results in one question, for each caller by himself. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asSherinId } from '../../common/ids.js';
import { HeldAnswers } from '../../daemon/client/held-answers.js';
import { FsLink } from '../../daemon/fs-link.js';
import { FsObjects } from '../../daemon/fs-objects.js';
import { silent } from '../../daemon/socket/daemon.fixture.js';
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

/** As sherind asks. */
class Asking {
  readonly #fs = new FsLink(join(machine.home, 'run/sherin-fs.sock'));
  // What ends an answer here is never its time.
  readonly #objects = new FsObjects(this.#fs, silent, new HeldAnswers({ milliseconds: 3_600_000 }));
  /** Questions about submissions. */
  asked = 0;

  constructor() {
    const call = this.#fs.call.bind(this.#fs);
    this.#fs.call = (method, params) => {
      if (method === 'request.admit') this.asked += 1;
      return call(method, params);
    };
  }

  async admit(caller: typeof alice, read: string, result: string, action: string = newTaskId()) {
    const [reads, results] = [[asSherinId(read)], [asSherinId(result)]];
    return this.#objects.admit({ reads, results, events: decided(action) }, caller);
  }

  /** Until what is told stands. */
  async settle(caller: typeof alice, read: string, result: string): Promise<void> {
    for (let before = -1; before !== this.asked; ) {
      before = this.asked;
      await this.admit(caller, read, result);
    }
  }

  close(): void {
    this.#fs.close();
  }
}

describe('what was told of rights', () => {
  let asking: Asking;
  let [id, result] = ['', ''];
  beforeEach(async () => {
    [id, result] = [await write('standing', alice), await write('known', alice)];
    await machine.call('verify', { target: result });
    asking = new Asking();
    await asking.settle(alice, id, result);
  });
  afterEach(() => asking.close());

  const refused = { code: 'ID_UNKNOWN' };

  it('stands without another question, for who asked, and each answer is on record in order', async () => {
    const actions: string[] = Array.from({ length: 30 }, () => newTaskId());
    const before = asking.asked;
    for (const action of actions.slice(0, 10))
      expect(await asking.admit(alice, id, result, action)).toEqual(['good']);
    await Promise.all(actions.slice(10).map((action) => asking.admit(alice, id, result, action)));
    expect(asking.asked).toBe(before);
    await expect(asking.admit(bob, id, result)).rejects.toMatchObject(refused);
    expect(asking.asked).toBe(before + 1);
    const inOrder = async () => {
      const { records } = await machine.call('audit.tail', { count: 100 });
      return records
        .map(({ meta }) => String((meta as { readonly about?: string }).about))
        .filter((about) => actions.includes(about));
    };
    await expect.poll(inOrder).toEqual(actions);
  });

  it('ends with a change of modes, of a name above, and with an undone mount', async () => {
    chmodSync(path('standing'), 0o000);
    await expect(asking.admit(alice, id, result)).rejects.toMatchObject(refused);
    chmodSync(path('standing'), 0o400);
    await asking.settle(alice, id, result);
    chmodSync(path(''), 0o700);
    await expect(asking.admit(alice, id, result)).rejects.toMatchObject(refused);
    chmodSync(path(''), 0o755);
    await asking.settle(alice, id, result);
    rmSync(path('known'));
    expect(await asking.admit(alice, id, result)).toEqual(['none']);
    await asking.settle(alice, id, result);
    execFileSync('umount', [machine.mount]);
    await expect.poll(() => asking.admit(alice, id, result).catch(({ code }) => code)).toBe('ID_UNKNOWN');
    await machine.call('mount', { path: machine.mount, driver: 'native', allowOther: true, listIds: false });
  });

  it('ends with a lock; what was answered just before is on record all the same', async () => {
    const actions = Array.from({ length: 5 }, () => newTaskId());
    const locking = machine.call('lock', {});
    const answers = actions.map((action) =>
      asking.admit(alice, id, result, action).then(
        () => action,
        () => null,
      ),
    );
    await locking;
    await expect(asking.admit(alice, id, result)).rejects.toMatchObject({ code: 'LOCKED' });
    const answered = (await Promise.all(answers)).filter((action) => action !== null);
    await machine.call('unlock', { slot: 'tpm' });
    await expect
      .poll(async () => (await Promise.all(answered.map(recorded))).flat())
      .toHaveLength(answered.length);
  });

  it('ends with the process that told it, and with its end', async () => {
    const { fs } = await machine.call('status', {});
    process.kill(fs.pid, 'SIGKILL');
    await expect.poll(() => asking.admit(alice, id, result).catch(({ code }) => code)).toBe('NOT_RUNNING');
    machine.ok('up', '--allow-other', '--no-daemon');
    await machine.call('unlock', { slot: 'tpm' });
    expect(await asking.admit(alice, id, result)).toEqual(['unverified']);
  });
});
