/** Whatever is killed under load, each accepted task is done, once; SHERIN_STRESS_TASKS is how many there are of each user. */
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonClient } from '../../daemon/client/daemon-client.js';
import type { DaemonResult } from '../../daemon/protocol/daemon.js';
import { Machine } from '../vault/machine.js';
import { gone } from '../vault/wait.js';
import { echoBot } from './bots/echo-bot.js';
import { instancesOf, processesOf } from './bots/traces.js';
import { type Accepted, Submitter } from './kills/submitter.js';

const users = [0, 54_321, 54_322];
const tasks = Number(process.env.SHERIN_STRESS_TASKS ?? 12);
/** Kills of each; there are more of longer runs. */
const kills = Math.ceil(tasks / 12);
/** Far more than it takes: something hangs beyond it. */
const seconds = 120 + kills * 90;
/** Bytes of sherind's memory at its most. */
const mostMemory = 256 * 2 ** 20;

/** The last one: sherind, and sherin-fs while the next sherind starts. */
const victims = ['sherin-fs', 'bot', 'sherind', 'both'] as const;

let machine: Machine;
let client: DaemonClient;

async function connect(): Promise<DaemonClient> {
  return DaemonClient.connect(join(machine.home, 'run/sherind.sock'));
}

/** As sherind tells, which may be about to end a connection. */
async function get(task_id: string): Promise<DaemonResult<'task.get'>> {
  return client.call('task.get', { task_id });
}

async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await gone(pid);
}

interface Pids {
  readonly fs: number;
  readonly bot: number | null;
  readonly sherind: number;
}

/** Whom to kill, where no task would be lost too often by it: after three times it has failed, as it should. */
async function found(victim: (typeof victims)[number]): Promise<Pids | null> {
  const { pid: sherind, fs } = await client.call('system.status');
  const [bot] = processesOf(machine.home, 'echo');
  if (fs === null) return null;
  const pids = { fs: fs.pid, bot: bot ?? null, sherind };
  if (victim === 'sherin-fs') return pids;
  const { tasks: running } = await client.call('task.list', { state: 'running', all: true });
  const all = await Promise.all(running.map(({ task_id }) => get(task_id)));
  return all.some(({ failures }) => failures > 0) ? null : pids;
}

/** False while what was killed before is not back. */
async function strike(victim: (typeof victims)[number]): Promise<boolean> {
  const pids = await found(victim).catch(() => null);
  if (pids === null) return false;
  if (victim === 'sherin-fs') await kill(pids.fs);
  else if (victim === 'bot') {
    if (pids.bot === null) return false;
    await kill(pids.bot);
  } else await restart(pids, victim === 'both');
  return true;
}

async function restart({ sherind, fs }: Pids, both: boolean): Promise<void> {
  client.close();
  await kill(sherind);
  chmodSync(machine.home, 0o711);
  const up = machine.begin('up', '--allow-other');
  if (both) {
    await sleep(Math.random() * 1500);
    await kill(fs);
  }
  const { code, err } = await up.outcome;
  // Whoever asks may be told that sherin-fs has ended; a sherind that was started does not end with it.
  expect(err).not.toContain('starting sherind');
  if (both && code !== 0) machine.ok('up', '--allow-other');
  else expect([code, err]).toEqual([0, '']);
  client = await connect();
  chmodSync(join(machine.home, 'run/sherind.sock'), 0o666);
}

/** Until bots work, so that something can be cut off. */
async function atWork(): Promise<void> {
  for (const bot of ['safety', 'echo', 'other'])
    while ((await client.call('bot.get', { bot }).catch(() => null))?.state !== 'ready') await sleep(50);
}

/** Kills each as often, in any order, every second time in the middle of what comes after the last. */
async function havoc(): Promise<void> {
  const order = Array.from({ length: kills }, () => [...victims].sort(() => Math.random() - 0.5)).flat();
  for (const [n, victim] of order.entries()) {
    if (n % 2 === 0) await atWork();
    await sleep(Math.random() * 500);
    while (!(await strike(victim))) await sleep(50);
  }
  await atWork();
}

async function ended(task_id: string): Promise<DaemonResult<'task.get'>> {
  for (;;) {
    const task = await get(task_id);
    if (task.times.ended !== undefined) return task;
    await sleep(50);
  }
}

/** All tasks there are. */
async function everyTask(): Promise<DaemonResult<'task.get'>[]> {
  const found: DaemonResult<'task.get'>[] = [];
  for (let page: number | undefined; ; ) {
    const { tasks, next } = await client.call('task.list', page === undefined ? {} : { page });
    for (const { task_id } of tasks) found.push(await ended(task_id));
    if (next === null) return found;
    page = next;
  }
}

describe.runIf(process.getuid?.() === 0)('sherin-fs, sherind and a bot are killed under load', () => {
  const accepted: (Accepted & { readonly uid: number })[] = [];
  const submitters: Submitter[] = [];
  let all: DaemonResult<'task.get'>[];

  beforeAll(async () => {
    machine = Machine.start();
    machine.withDaemon = true;
    machine.ok('umount');
    machine.ok('up', '--allow-other');
    chmodSync(machine.home, 0o711);
    chmodSync(join(machine.home, 'run/sherind.sock'), 0o666);
    client = await connect();
    for (const [name, domain] of [
      ['echo', 'logic'],
      ['other', 'physics'],
    ] as const)
      machine.ok('bot', 'register', echoBot(machine, name, domain));
    submitters.push(...users.map((uid) => new Submitter(machine, uid)));
    for (const { uid, submitter } of submitters.map((one, at) => ({ uid: users[at], submitter: one })))
      for (let n = 0; n < tasks; n++)
        submitter.ask(n % 2 === 0 ? 'logic' : 'physics', `sleep 0.${n % 3} of ${uid}: ${n}`);
    for (const submitter of submitters) submitter.end();
    await havoc();
    while (submitters.some(({ ended }) => !ended)) await sleep(50);
    for (const [at, submitter] of submitters.entries())
      for (const one of submitter.accepted) accepted.push({ ...one, uid: users[at] ?? -1 });
    all = await everyTask();
    for (const { task_id } of accepted) all.push(await ended(task_id));
  }, seconds * 1000);
  afterAll(() => {
    for (const submitter of submitters) submitter.kill();
    machine?.end();
  });

  it('each accepted task is done, and its result is what was asked for', () => {
    expect(accepted).toHaveLength(users.length * tasks);
    const states = new Map(all.map((task) => [task.task_id, task]));
    for (const { task_id, text, domain } of accepted) {
      const task = states.get(task_id);
      expect([text, task?.state, task?.error]).toEqual([text, 'done', undefined]);
      const content = readFileSync(join(machine.mount, 'ids', task?.result_id ?? ''), 'utf8');
      expect(content).toBe(`${domain}: ${text}`);
    }
  });

  it('nothing else was done or is left to do', async () => {
    expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['done']));
    for (const state of ['queued', 'running'] as const)
      expect((await client.call('task.list', { state })).tasks).toEqual([]);
  });

  it('no bot may read anything any more', () => {
    for (const bot of readdirSync(join(machine.mount, 'bots')))
      expect([bot, readdirSync(join(machine.mount, 'bots', bot, 'in'))]).toEqual([bot, []]);
  });

  it('one instance of each bot is there, and when sherind ends none, nor what it had', async () => {
    for (const { bot, state } of (await client.call('bot.list', {})).bots)
      expect([bot, instancesOf(machine.home, bot).length]).toEqual([bot, state === 'ready' ? 1 : 0]);
    const { pid } = await client.call('system.status');
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
    expect(peak).toBeLessThan(mostMemory);
    client.close();
    machine.ok('down');
    expect([processesOf(machine.home), instancesOf(machine.home)]).toEqual([[], []]);
    await gone(pid);
  });
});
