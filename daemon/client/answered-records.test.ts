/** What sherind has answered is with sherin-fs before the answer, in order, and once. */
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type End, Place } from '../../native/ipc/socket.fixture.js';
import { generationPage } from '../../native/ipc.js';
import { type AnsweredEntry, admissionMethods } from '../protocol/admission.js';
import { AnsweredRecords, type EventAbout } from './answered-records.js';
import { ControlClient } from './control-client.js';
import { StandingPage } from './standing-page.js';

const counted = generationPage();
let place: Place;
let server: End;
let page: StandingPage;
let records: AnsweredRecords;
let failures: number;
let again: AnsweredEntry[][];

beforeEach(async () => {
  place = new Place();
  page = new StandingPage(ControlClient.connect(place.path));
  while (place.ends.length === 0) await setImmediate();
  server = place.ends[0] as End;
  await server.messages(1);
  await server.socket.send(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}'), [counted.descriptor()]);
  while (page.generation === 0) await setImmediate();
  const resent: AnsweredEntry[][] = [];
  [failures, again] = [0, resent];
  records = new AnsweredRecords({
    log: pino({ level: 'silent' }),
    again: async (entries) => void resent.push(entries),
    failed: () => {
      failures += 1;
    },
  });
});
afterEach(() => {
  page.client.close();
  place.remove();
});

const id = (number: number) => `t_${'a'.repeat(24)}${String(number).padStart(2, '2')}`;
const caller = (uid: number) => ({ uid, gid: uid, groups: [uid], pid: 7 });
const decided = (number: number, decision = 'approved'): EventAbout => ({
  ...{ event: 'AUDIT_POLICY_EVALUATED', id: id(number), meta: { decision, risk: null } },
});
const add = (uid: number, ...events: EventAbout[]) =>
  records.add(events, caller(uid), { page, generation: page.generation });

/** Of the messages with records so far. */
async function sent(messages: number): Promise<AnsweredEntry[][]> {
  const all = (await server.messages(1 + messages))
    .slice(1)
    .map(({ message }) => JSON.parse(String(message)));
  expect(all.map(({ method }) => method)).toEqual(Array(messages).fill('request.answered'));
  return all.map(({ params }) => admissionMethods['request.answered'].params.parse(params).entries);
}
const answer = (number: number, rest: object) =>
  server.socket.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1 + number, ...rest })));

it("those of one turn go in one message, each caller's in their order, equal ones as one", async () => {
  const all = [add(1, decided(10)), add(1, decided(11)), add(2, decided(12)), add(2, decided(13, 'blocked'))];
  all.push(add(1, decided(14), decided(15)), add(1), add(2, decided(16)), add(1, decided(17)));
  expect(await Promise.all(all)).toEqual(all.map(() => true));
  const who = ({ caller: { uid }, ids, meta }: AnsweredEntry) => [uid, ids, meta.decision];
  expect((await sent(1)).map((entries) => entries.map(who))).toEqual([
    [
      [1, [10, 11, 14, 15, 17].map(id), 'approved'],
      [2, [id(12)], 'approved'],
      [2, [id(13)], 'blocked'],
      [2, [id(16)], 'approved'],
    ],
  ]);
});

it('as many as there are, each goes once, and no message has more than it may', async () => {
  const uids = Array.from({ length: 1000 }, (_, at) => (at < 500 ? 1 : at));
  await Promise.all(uids.map((uid, at) => add(uid, decided(at % 78))));
  const messages = await sent(9);
  const ids = messages.flatMap((entries) => entries.flatMap((entry) => entry.ids));
  expect(ids).toEqual(uids.map((_, at) => id(at % 78)));
});

it('at another count of the page nothing is sent', async () => {
  const late = add(1, decided(1));
  counted.next();
  const next = add(1, decided(2));
  expect([await late, await next]).toEqual([false, true]);
  expect((await sent(1)).flat().map(({ ids }) => ids)).toEqual([[id(2)]]);
});

it('what is refused is told, and not sent again', async () => {
  await add(1, decided(1));
  await sent(1);
  await answer(1, {
    error: { code: -32_000, message: 'no', data: { code: 'AUDIT_UNWRITABLE', context: {} } },
  });
  while (failures === 0) await setImmediate();
  expect(again).toEqual([]);
});

it('what was not taken goes to the next process; what was not sent does not', async () => {
  await add(1, decided(1));
  server.socket.close();
  await page.client.closed;
  expect(failures).toBe(1);
  await expect(add(1, decided(2))).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  await expect.poll(() => again, { timeout: 10_000 }).toMatchObject([[{ ids: [id(1)] }]]);
});

it('there is room again once records were taken', async () => {
  const many = Array.from({ length: 256 }, (_, at) => decided(at % 78));
  let messages = 0;
  for (; records.room; messages += 1) await add(1, ...many);
  expect(messages).toBe(8);
  await sent(messages);
  await answer(1, { result: {} });
  while (!records.room) await setImmediate();
});

it('what had to wait for the socket does not stand where the count is another one by then', async () => {
  const many = Array.from({ length: 256 }, (_, at) => decided(at % 78));
  server.socket.pause();
  const told: Promise<boolean>[] = [];
  const decisions: (boolean | undefined)[] = [];
  for (let each = 0; each < 300; each += 1) {
    const at = told.push(add(1, ...many)) - 1;
    void told[at]?.then((stands) => {
      decisions[at] = stands;
    });
    await setImmediate();
  }
  const before = decisions.filter((stands) => stands === true).length;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(300);
  counted.next();
  server.socket.resume();
  await sent(300);
  expect(await Promise.all(told)).toEqual(told.map((_, at) => at < before));
});
