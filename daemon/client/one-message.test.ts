import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { messageLimit } from '../../native/ipc.js';
import { type DaemonAuditEntry, mostEntries } from '../protocol/engine.js';
import { bytesOfRecords } from './message-bytes.js';
import { OneMessage } from './one-message.js';

function entry(uid: number, groups: readonly number[] = []): DaemonAuditEntry {
  const meta = { component: 'router', reasoning: `TASK_20260101_${'0'.repeat(32)}`, rollback: 'task.cancel' };
  return {
    events: [{ event: 'AUDIT_POLICY_EVALUATED', id: `t_${'a'.repeat(26)}`, meta }],
    caller: { uid, gid: uid, groups: [...groups], pid: null },
  };
}

function grouped(append: (entries: DaemonAuditEntry[]) => Promise<void>) {
  const send = async (entries: DaemonAuditEntry[]) => {
    await append(entries);
    return entries.map(({ caller }) => caller?.uid);
  };
  return new OneMessage({ send, bytesOf: bytesOfRecords });
}

function uids(entries: readonly DaemonAuditEntry[]): (number | undefined)[] {
  return entries.map(({ caller }) => caller?.uid);
}

it('sends what comes in one turn together, in its order, and answers nobody before it is appended', async () => {
  const sent: DaemonAuditEntry[][] = [];
  let appended = (): void => undefined;
  const records = grouped((entries) => {
    sent.push(entries);
    return new Promise<void>((resolve) => {
      appended = resolve;
    });
  });
  let answered = 0;
  const all = [1, 2, 3].map(async (uid) => {
    expect(await records.ask(entry(uid))).toBe(uid);
    answered++;
  });
  await setImmediate();
  await setImmediate();
  expect(sent.map(uids)).toEqual([[1, 2, 3]]);
  expect(answered).toBe(0);
  appended();
  await Promise.all(all);
  expect(answered).toBe(3);
});

it('fails for all whose records could not be appended, and for nobody after them', async () => {
  let full = true;
  const records = grouped(async () => {
    if (full) throw new SherinError('AUDIT_UNWRITABLE', { part: 'no space' });
  });
  const outcomes = await Promise.allSettled([records.ask(entry(1)), records.ask(entry(2))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  full = false;
  await records.ask(entry(3));
});

it('never makes a message too long, whoever comes together', async () => {
  const sent: DaemonAuditEntry[][] = [];
  const records = grouped(async (entries) => void sent.push(entries));
  const many = Array.from({ length: 4096 }, (_, at) => 0xffff_0000 + at);
  const callers = Array.from({ length: 3 * mostEntries }, (_, uid) => entry(uid, uid % 10 === 0 ? many : []));
  await Promise.all(callers.map((one) => records.ask(one)));
  expect(uids(sent.flat())).toEqual(uids(callers));
  for (const entries of sent) {
    expect(entries.length).toBeLessThanOrEqual(mostEntries);
    expect(JSON.stringify(entries).length).toBeLessThan(messageLimit);
  }
});

it('takes no answer for that of another: as many have to come as were asked for', async () => {
  const records = new OneMessage({ send: async () => ['one'], bytesOf: bytesOfRecords });
  const outcomes = await Promise.allSettled([records.ask(entry(1)), records.ask(entry(2))]);
  const refused = { status: 'rejected', reason: { code: 'PROTOCOL' } };
  expect(outcomes).toMatchObject([refused, refused]);
});
