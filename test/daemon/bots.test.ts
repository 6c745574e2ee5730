/** Work from end to end: requests at the mount, bots in their sandboxes, results at the mount; only IDs between. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonClient } from '../../daemon/client/daemon-client.js';
import type { DaemonResult } from '../../daemon/protocol/daemon.js';
import { Machine } from '../vault/machine.js';
import { gone, until } from '../vault/wait.js';
import { AsUser } from './as-user.js';
import { echoBot } from './bots/echo-bot.js';
import { instancesOf, processesOf } from './bots/traces.js';

const alice = 54_321;
const bob = 54_322;

let machine: Machine;
let client: DaemonClient;

/** Runs a shell line at the mount as somebody. */
function as(uid: number, line: string): { readonly code: number; readonly out: string } {
  const who = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
  const { status, stdout } = spawnSync('setpriv', [...who, 'sh', '-c', line], {
    cwd: machine.mount,
    encoding: 'utf8',
  });
  return { code: status ?? -1, out: stdout };
}

/** Writes a request. @returns its ID */
function request(uid: number, name: string, text: string): string {
  const line = `printf %s '${text}' > inbox/${name} && getfattr --only-values -n user.sherin.id inbox/${name}`;
  const { code, out } = as(uid, line);
  if (code !== 0) throw new Error(`${name} could not be written`);
  return out;
}

async function connect(): Promise<DaemonClient> {
  return DaemonClient.connect(join(machine.home, 'run/sherind.sock'));
}

async function ended(task_id: string): Promise<DaemonResult<'task.get'>> {
  for (;;) {
    const task = await client.call('task.get', { task_id });
    if (task.times.ended !== undefined) return task;
    await sleep(20);
  }
}

async function running(task_id: string): Promise<void> {
  while ((await client.call('task.get', { task_id })).state !== 'running') await sleep(20);
}

/** What became of a request of root's. */
async function done(text: string, more: object = { domain: 'logic' }): Promise<DaemonResult<'task.get'>> {
  const name = `root-${Math.random().toString(36).slice(2)}`;
  const { task_id } = await client.call('task.submit', { id: request(0, name, text), ...more });
  return ended(task_id);
}

function content(id = ''): string {
  return readFileSync(join(machine.mount, 'ids', id), 'utf8');
}

async function stateOf(bot: string): Promise<string> {
  return (await client.call('bot.get', { bot })).state;
}

async function ready(...bots: string[]): Promise<void> {
  for (const bot of bots) await reaches('ready', bot);
}

async function reaches(state: string, bot = 'echo'): Promise<void> {
  for (let tries = 0; (await stateOf(bot)) !== state; tries++) {
    if (tries > 3000) throw new Error(`${bot} is ${await stateOf(bot)}`);
    await sleep(10);
  }
}

describe.runIf(process.getuid?.() === 0)('bots', () => {
  beforeAll(async () => {
    machine = Machine.start();
    machine.withDaemon = true;
    machine.ok('umount');
    machine.ok('up', '--allow-other');
    chmodSync(machine.home, 0o711);
    client = await connect();
    machine.ok('bot', 'register', echoBot(machine, 'echo', 'logic'));
    machine.ok('bot', 'register', echoBot(machine, 'other', 'physics'));
    await ready('planning', 'safety', 'merging', 'echo', 'other');
  });
  afterAll(() => {
    client?.close();
    machine?.ok('down');
    expect(processesOf(machine.home).length).toBe(0);
    machine?.end();
  });

  it('answer a request, and the result is of who asked alone', async () => {
    const socket = join(machine.home, 'run/sherind.sock');
    chmodSync(socket, 0o666);
    const id = request(alice, 'question', 'what alice wants');
    const user = new AsUser(socket, { uid: alice, gid: alice });
    const { result } = await user.ask('task.submit', { id, domain: 'logic' });
    const { result_id = '', bot } = await ended(result?.task_id ?? '');
    expect(bot).toBe('echo');
    expect(as(alice, `cat ids/${result_id}`)).toEqual({ code: 0, out: 'logic: what alice wants' });
    expect(as(bob, `cat ids/${result_id}`).code).not.toBe(0);
    expect(as(alice, 'ls bots').code).not.toBe(0);
    // The same request again has its answer.
    const again = await user.ask('task.submit', { id, domain: 'logic' });
    expect(again.result).toMatchObject({ state: 'done', result_id });
    user.end();
  });

  it('are asked on record, each time, and by nobody who may not read the request any more', async () => {
    const socket = join(machine.home, 'run/sherind.sock');
    chmodSync(socket, 0o666);
    const user = new AsUser(socket, { uid: alice, gid: alice });
    const own = `chown ${alice} files/often`;
    const { out: id } = as(
      0,
      `printf 'asked often' > files/often && chmod 600 files/often && ${own} && getfattr --only-values -n user.sherin.id files/often`,
    );
    const submit = () => user.ask('task.submit', { id, domain: 'logic' });
    await ended((await submit()).result?.task_id ?? '');
    const answers = await Promise.all(Array.from({ length: 20 }, submit));
    expect(answers.map(({ result }) => result?.state)).toEqual(answers.map(() => 'done'));
    await machine.call('sync', {});
    await sleep(100);
    const { records } = await machine.call('audit.tail', { count: 100 });
    for (const { result } of answers) {
      expect(records).toContainEqual(
        expect.objectContaining({
          event: 'AUDIT_POLICY_EVALUATED',
          actor: expect.objectContaining({ uid: alice }),
          meta: expect.objectContaining({ about: result?.task_id }),
        }),
      );
    }
    expect(as(0, 'chown 0 files/often').code).toBe(0);
    expect((await submit()).error?.data.code).toBe('ENOENT');
    expect(as(0, own).code).toBe(0);
    expect((await submit()).result?.state).toBe('done');
    await machine.call('lock', {});
    expect((await submit()).error?.data.code).toBe('ENOKEY');
    await machine.call('unlock', { slot: 'tpm' });
    await ready('planning', 'safety', 'merging', 'echo', 'other');
    expect((await submit()).result?.state).toBe('done');
    user.end();
  });

  it('are chosen by the planning bot where nobody says which', async () => {
    expect(await done('Make the truth table of P and Q', {})).toMatchObject({
      domain: 'logic',
      state: 'done',
      bot: 'echo',
    });
  });

  it('give sub-tasks to others, and go on with their results', async () => {
    const task = await done('require the velocity and acceleration of a stone\nrequire a truth table of P\n');
    expect(task.state).toBe('done');
    expect(content(task.result_id).split('\n').slice(2).join('')).toMatch(/acceleration of a stone/);
    const { tasks } = await client.call('task.list', {});
    const parts = await Promise.all(tasks.map(({ task_id }) => client.call('task.get', { task_id })));
    const own = parts.filter(({ parent_id }) => parent_id === task.task_id);
    expect(own.map(({ domain, state }) => [domain, state]).sort()).toEqual([
      ['logic', 'done'],
      ['physics', 'done'],
    ]);
  });

  it('work on several domains, and their results are merged', async () => {
    const id = request(0, 'both', 'one text for two');
    const { task_id } = await client.call('task.submitMulti', { id, domains: ['logic', 'physics'] });
    const { state, result_id } = await ended(task_id);
    expect(state).toBe('done');
    expect(content(result_id).match(/one text for two/g)).toHaveLength(2);
  });

  it('say in a name why they can not', async () => {
    expect(await done('fail no-such-thing')).toMatchObject({ state: 'failed', error: 'no-such-thing' });
  });

  it('of medical domains are heard only where they say that it is a simulation', async () => {
    machine.ok('bot', 'register', echoBot(machine, 'doctor', 'medical'));
    const domain = { domain: 'medical' };
    expect(await done('Take two.', domain)).toMatchObject({ state: 'blocked', error: 'no-simulation-mark' });
    expect(await done('SIMULATION ONLY: take two.', domain)).toMatchObject({ state: 'done' });
    machine.ok('bot', 'remove', 'doctor');
    await expect(client.call('bot.get', { bot: 'doctor' })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that die are tried three times, then the task and the bot have failed, and health says so', async () => {
    machine.ok('bot', 'register', echoBot(machine, 'frail', 'chemistry'));
    expect(await done('die', { domain: 'chemistry' })).toMatchObject({
      ...{ state: 'failed', error: 'BOT_LOST', failures: 3 },
    });
    expect(await stateOf('frail')).toBe('failed');
    expect((await client.call('system.health')).reasons).toContain('bot-failed');
    expect(machine.ok('bot', 'start', 'frail')).toBe('bot frail: ready\n');
    expect(await done('alive', { domain: 'chemistry' })).toMatchObject({ state: 'done' });
    machine.ok('bot', 'stop', 'frail');
    expect(await stateOf('frail')).toBe('stopped');
  });

  it('have a standby, who takes over from one that is stopped', async () => {
    machine.ok('bot', 'register', echoBot(machine, 'second', 'logic'));
    const status = async (bot: string) => (await client.call('bot.get', { bot })).status;
    expect([await status('echo'), await status('second')]).toEqual(
      ['active', 'standby'].map((one) =>
        expect.stringMatching(one === 'active' ? /active|learning/ : /standby/),
      ),
    );
    machine.ok('bot', 'stop', 'echo');
    expect(await done('who is there?')).toMatchObject({ state: 'done', bot: 'second' });
    machine.ok('bot', 'start', 'echo');
    machine.ok('bot', 'remove', 'second');
  });

  it('work on after a cancelled task', async () => {
    const id = request(0, 'long', 'sleep 60');
    const { task_id } = await client.call('task.submit', { id, domain: 'logic' });
    await running(task_id);
    expect(await client.call('task.cancel', { task_id })).toMatchObject({ state: 'cancelled' });
    expect(await done('and now?')).toMatchObject({ state: 'done' });
  });

  it('are stopped by the emergency stop, in the middle of work, and go on after it', async () => {
    const id = request(0, 'stopped', 'sleep 2\nstopped and done');
    const { task_id } = await client.call('task.submit', { id, domain: 'logic' });
    await running(task_id);
    machine.ok('estop', 'on');
    expect(processesOf(machine.home).length).toBe(0);
    expect(await client.call('task.get', { task_id })).toMatchObject({ state: 'queued', failures: 0 });
    // It is said what is the matter, and not that the planning bot is unknown.
    const unplanned = request(0, 'unplanned', 'Make the truth table of P and not Q');
    await expect(client.call('task.submit', { id: unplanned })).rejects.toMatchObject({ code: 'EAGAIN' });
    machine.ok('estop', 'off');
    expect(await ended(task_id)).toMatchObject({ state: 'done' });
  });

  it('that plan and judge are waited for while they start, and nobody is blamed for it', async () => {
    const [stopped = '', sealed = ''] = ['xor Q', 'xor not Q'].map((text, at) =>
      request(0, `soon-${at}`, `Make the truth table of P ${text}`),
    );
    const planned = async (id: string) => ended((await client.call('task.submit', { id })).task_id);
    await client.call('policy.estop', { on: true });
    await client.call('policy.estop', { on: false });
    expect(await planned(stopped)).toMatchObject({ state: 'done', failures: 0 });
    client.close();
    machine.ok('down');
    machine.ok('up', '--allow-other');
    client = await connect();
    // It opens the vault, and bots start then.
    expect(await planned(sealed)).toMatchObject({ state: 'done', failures: 0 });
    await ready('safety', 'echo');
    for (let round = 0; round < 20; round++) {
      const [task] = await Promise.all([done(`round ${round}`), client.call('bot.start', { bot: 'safety' })]);
      expect(task).toMatchObject({ state: 'done', failures: 0 });
    }
    await ready('planning', 'safety', 'merging', 'echo', 'other');
  });

  it('that are started by several at once run once, and the emergency stop ends each of them', async () => {
    const started = Array.from({ length: 4 }, () => client.call('bot.start', { bot: 'echo' }));
    await Promise.allSettled(started);
    await ready('planning', 'safety', 'merging', 'echo', 'other');
    expect(instancesOf(machine.home, 'echo')).toHaveLength(1);
    machine.ok('estop', 'on');
    expect(processesOf(machine.home)).toEqual([]);
    // Their folders go a moment after their processes.
    await until('folders of bots stay', () => instancesOf(machine.home).length === 0);
    machine.ok('estop', 'off');
    expect(await done('once again')).toMatchObject({ state: 'done' });
  });

  it('that the emergency stop meets in the middle of their start are stopped, and have failed at nothing', async () => {
    // While the sandbox is tried, and while the program starts.
    for (const begun of [async () => undefined, async () => reaches('starting')]) {
      machine.ok('bot', 'stop', 'echo');
      const starting = client.call('bot.start', { bot: 'echo' });
      starting.catch(() => undefined);
      await begun();
      await client.call('policy.estop', { on: true });
      await Promise.allSettled([starting]);
      expect([processesOf(machine.home).length, await stateOf('echo')]).toEqual([0, 'stopped']);
      // Their folders go a moment after their processes.
      await until('folders of bots stay', () => instancesOf(machine.home).length === 0);
      machine.ok('estop', 'off');
      await ready('planning', 'safety', 'echo');
    }
  });

  it('work on where the vault is mounted anew, and wait while it is not', async () => {
    machine.ok('umount');
    await reaches('waits-for-vault');
    machine.ok('mount', '--allow-other');
    expect(await done('after another mount')).toMatchObject({ state: 'done', bot: 'echo' });
    expect(await done('Make the truth table of P or Q', {})).toMatchObject({ state: 'done' });
  });

  it('come back with a sherin-fs that was killed, and their tasks are done', async () => {
    const id = request(0, 'killed', 'sleep 1\nkilled and done');
    machine.ok('sync');
    const { fsPid } = machine;
    const { task_id } = await client.call('task.submit', { id, domain: 'logic' });
    await running(task_id);
    process.kill(fsPid, 'SIGKILL');
    await gone(fsPid);
    // Nobody is blamed for it.
    expect(await ended(task_id)).toMatchObject({ state: 'done', failures: 0 });
  });

  it('come back with a sherind that was killed, and their tasks are done once', async () => {
    const id = request(0, 'daemon', 'sleep 1\nand done');
    const { task_id } = await client.call('task.submit', { id, domain: 'logic' });
    const { pid } = await client.call('system.status');
    await running(task_id);
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    client.close();
    machine.ok('up');
    client = await connect();
    const { state, result_id } = await ended(task_id);
    expect([state, content(result_id)]).toEqual(['done', 'logic: sleep 1\nand done']);
    expect(instancesOf(machine.home).length).toBe(
      (await client.call('bot.list', {})).bots.filter(({ state }) => state === 'ready').length,
    );
  });

  it('and what they need are missed in words: a program that can not be run, a vault that is open', async () => {
    const folder = echoBot(machine, 'plain', 'logic');
    chmodSync(join(folder, 'bot.py'), 0o644);
    const registered = machine.run('bot', 'register', folder);
    expect([registered.code, registered.err]).toEqual([
      1,
      expect.stringContaining('BOT_MANIFEST — what it must'),
    ]);
    const log = readFileSync(join(machine.home, 'run/sherind.log'), 'utf8');
    expect(log).toContain(`${folder}/bot.py describes no bot: it can not be executed`);
    machine.ok('lock');
    const { code, err } = machine.run('task', 'submit', 'a text');
    expect([code, err]).toEqual([4, expect.stringContaining('the vault is locked')]);
    machine.ok('unlock');
  });

  it('are registered by administrators alone, from folders that nobody else can write to', async () => {
    const folder = echoBot(machine, 'open', 'logic');
    chmodSync(folder, 0o777);
    await expect(client.call('bot.register', { path: folder })).rejects.toMatchObject({ code: 'EACCES' });
    chmodSync(join(machine.home, 'run/sherind.sock'), 0o666);
    const user = new AsUser(join(machine.home, 'run/sherind.sock'), { uid: alice, gid: alice });
    expect((await user.ask('bot.register', { path: folder })).error?.data.code).toBe('EACCES');
    expect((await user.ask('bot.stop', { bot: 'echo' })).error?.data.code).toBe('EACCES');
    user.end();
    const { records } = await machine.call('audit.tail', { count: 50 });
    expect(records).toContainEqual(
      expect.objectContaining({ event: 'AUDIT_DAEMON_DENIED', meta: { method: 'bot.stop' } }),
    );
  });
});
