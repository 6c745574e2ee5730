/** sherind with as many clients as it takes, of which most behave badly, and with as many tasks as it takes. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonClient } from '../../daemon/client/daemon-client.js';
import type { DaemonParams, DaemonResult } from '../../daemon/protocol/daemon.js';
import { RawClient } from '../../daemon/socket/daemon.fixture.js';
import { socketLimits } from '../../daemon/socket/line-server.js';
import { Machine } from '../vault/machine.js';
import { Crowd } from './load/crowd.js';
import { heapOf, lookedInto } from './load/heap.js';
import { PatientBot, type Submissions, submit } from './load/many-tasks.js';
import { descriptorsOf, memoryOf } from './load/process-use.js';
import { Sherind } from './sherind.js';

/** Bytes of sherind's memory at its most: some 70 MiB, 128 KiB of each client that sends without end and does not read, and garbage. */
const mostMemory = 384 * 2 ** 20;
/** Bytes that may live after a crowd more than after the one before: less than 2 KiB of each client. */
const mostMoreUsed = 2 * 2 ** 20;
/** As above, resident: what the allocators have not given back. */
const mostMoreResident = 64 * 2 ** 20;

const asking = 300;
const deaf = 300;
const dying = 200;
/** Some for each, for none gets more than are left for others; but root, who asks. */
const users = {
  asking: [0],
  deaf: Array.from({ length: 3 }, (_, at) => 54_300 + at),
  dying: Array.from({ length: 4 }, (_, at) => 54_310 + at),
};

let machine: Machine;
let sherind: Sherind;
const socket = (): string => join(machine.home, 'run/sherind.sock');

/** A sherind whose bots are ready, open to all users. */
async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  sherind = await Sherind.start(machine, env);
  chmodSync(socket(), 0o666);
  for (;;) {
    const bots = (await sherind.call('bot.list').catch(() => null))?.bots ?? [];
    if (bots.length > 0 && bots.every(({ state }) => state === 'ready')) return;
    await sleep(50);
  }
}

beforeAll(() => {
  machine = Machine.start();
  chmodSync(machine.home, 0o711);
  machine.ok('umount');
  machine.ok('mount', '--allow-other');
  machine.ok('unlock');
});
afterAll(async () => {
  await sherind?.end();
  machine.end();
});

describe.runIf(process.getuid?.() === 0)('1,024 connections', () => {
  beforeAll(() => start(lookedInto));
  afterAll(() => sherind.end());

  /** A thousand clients come, ask, do not read and die; each is done with when this resolves. */
  async function crowd(): Promise<void> {
    const before = await descriptorsOf(sherind.pid);
    const crowds = [
      new Crowd(socket(), users.asking, 'asking', asking),
      new Crowd(socket(), users.deaf, 'deaf', deaf),
      new Crowd(socket(), users.dying, 'dying', dying),
    ] as const;
    const [good, silent, short] = crowds;
    const idle: RawClient[] = [];
    try {
      expect(await Promise.all(crowds.map((one) => one.right()))).toEqual([asking, deaf, dying]);
      while (idle.length < socketLimits.connections - asking - deaf - dying)
        idle.push(await RawClient.connect(socket()));
      const beyond = await RawClient.connect(socket());
      expect(await beyond.line()).toMatchObject({
        error: { message: 'too many connections', data: { code: 'EBUSY' } },
      });
      expect(await beyond.line()).toBeNull();
      good.again();
      expect(await good.right()).toBe(asking);
      await short.kill();
      good.again();
      expect(await good.right()).toBe(asking);
      expect(await silent.right()).toBe(deaf);
      good.again();
      expect(await good.right()).toBe(asking);
    } finally {
      for (const one of idle) one.socket.destroy();
      await Promise.all(crowds.map((one) => one.kill()));
    }
    expect(await descriptorsOf(sherind.pid)).toBe(before);
  }

  it('are served beside clients that do not read and clients that die, and nothing of them is left', async () => {
    await crowd();
    const [used, resident] = [await heapOf(sherind), memoryOf(sherind.pid, 'VmRSS')];
    for (let times = 0; times < 2; times++) await crowd();
    expect((await heapOf(sherind)) - used).toBeLessThan(mostMoreUsed);
    expect(memoryOf(sherind.pid, 'VmRSS') - resident).toBeLessThan(mostMoreResident);
    expect(memoryOf(sherind.pid, 'VmHWM')).toBeLessThan(mostMemory);
  }, 400_000);
});

/** Most open tasks of one user, and users who have as many. */
const perUser = 10_000;
const owners = Array.from({ length: 10 }, (_, at) => 54_330 + at);
const latecomer = 54_340;
/** How many are to be done in the end. */
const samples = 100;
/** Bytes of sherind's memory at its most. */
const mostMemoryOfTasks = 256 * 2 ** 20;

/** That statements search however many tasks there are is shown in daemon/tasks/statements.test.ts. */
describe.runIf(process.getuid?.() === 0)('100,000 tasks', () => {
  let bot: PatientBot;
  let client: DaemonClient;
  let all: Submissions[];

  async function begin(): Promise<void> {
    await start();
    client = await DaemonClient.connect(socket());
  }

  async function listed(params: DaemonParams<'task.list'>, most: number) {
    const found: DaemonResult<'task.list'>['tasks'] = [];
    for (let page: number | null = Number.MAX_SAFE_INTEGER; page !== null && found.length < most; ) {
      const answer: DaemonResult<'task.list'> = await client.call('task.list', {
        ...params,
        all: true,
        page,
      });
      found.push(...answer.tasks);
      page = answer.next;
    }
    return found;
  }

  async function counts(): Promise<{ readonly queued: number; readonly running: number }> {
    const { domains } = await client.call('system.metrics', {});
    const { queued = 0, running = 0 } = domains.find(({ domain }) => domain === 'logic') ?? {};
    return { queued, running };
  }

  beforeAll(async () => {
    await begin();
    bot = new PatientBot(machine);
    machine.ok('bot', 'register', bot.folder);
    all = await Promise.all(owners.map((uid) => submit(machine, uid, perUser + 1)));
  }, 900_000);
  afterAll(async () => {
    client?.close();
    await sherind.end();
  });

  it('are taken, 10,000 of each user; the next one is refused with the limit that is reached', async () => {
    const refusals = owners.map((uid) => `uid ${uid} has 10000 that have not ended`);
    expect(all.map(({ accepted }) => accepted)).toEqual(owners.map(() => perUser));
    for (const [at, { refusal }] of all.entries())
      expect(refusal).toBe(`task.submit: TASK_QUEUE_FULL, no further task is taken: ${refusals[at]}`);
    expect(await counts()).toEqual({ queued: owners.length * perUser - 1, running: 1 });
    const { accepted, refusal } = await submit(machine, latecomer, 1);
    expect([accepted, refusal]).toEqual([
      0,
      'task.submit: TASK_QUEUE_FULL, no further task is taken: 100000 have not ended',
    ]);
  });

  it('are all there after sherind was killed, and one that is cancelled leaves its place', async () => {
    expect(memoryOf(sherind.pid, 'VmHWM')).toBeLessThan(mostMemoryOfTasks);
    client.close();
    await sherind.kill('SIGKILL');
    await begin();
    while ((await counts()).running === 0) await sleep(50);
    expect(await counts()).toEqual({ queued: owners.length * perUser - 1, running: 1 });
    const [last] = await listed({ state: 'queued' }, 1);
    const task_id = last?.task_id ?? '';
    expect(await client.call('task.cancel', { task_id })).toMatchObject({ state: 'cancelled' });
    expect((await counts()).queued).toBe(owners.length * perUser - 2);
  });

  it('are done in turns of their users', async () => {
    bot.go();
    while ((await listed({ state: 'done' }, samples)).length < samples) await sleep(200);
    machine.ok('bot', 'stop', 'patient');
    const ended = await listed({ state: 'done' }, Number.POSITIVE_INFINITY);
    const done = all.map(({ request }) => ended.filter(({ id }) => id === request).length);
    expect(Math.max(...done) - Math.min(...done)).toBeLessThanOrEqual(1);
    expect(memoryOf(sherind.pid, 'VmHWM')).toBeLessThan(mostMemoryOfTasks);
  }, 120_000);
});
