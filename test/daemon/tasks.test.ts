/** Tasks over sherind's socket and a real sherin-fs, which decides who may read a request or a result. */
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asSherinId } from '../../common/ids.js';
import { FsObjects } from '../../daemon/fs-objects.js';
import { silent } from '../../daemon/socket/daemon.fixture.js';
import { Machine } from '../vault/machine.js';
import { until } from '../vault/wait.js';
import { AsUser, type User } from './as-user.js';
import { Sherind } from './sherind.js';
import { TaskServer, write } from './task-server.js';

const alice: User = { uid: 61_001, gid: 61_001 };
const bob: User = { uid: 61_002, gid: 61_002 };
const root: User = { uid: 0, gid: 0 };

let machine: Machine;
let clients: AsUser[] = [];

function as(socket: string, user: User): AsUser {
  const client = new AsUser(socket, user);
  clients.push(client);
  return client;
}

const refused = (code: string) => ({ error: { data: { code } } });

describe.runIf(process.getuid?.() === 0)('tasks', () => {
  beforeAll(async () => {
    machine = Machine.empty();
    machine.init('--shared');
    machine.ok('up', '--allow-other');
    chmodSync(machine.home, 0o711);
  });
  afterEach(() => {
    for (const client of clients) client.end();
    clients = [];
  });
  afterAll(() => machine.end());

  describe('with bots', () => {
    let server: TaskServer;
    const socket = (): string => join(machine.home, 'run/tasks.sock');

    beforeAll(async () => {
      server = await TaskServer.start(machine, socket());
      chmodSync(join(machine.home, 'run'), 0o711);
      chmodSync(socket(), 0o666);
    });
    afterAll(() => server.end());

    /** Submits, and waits for the end. */
    async function done(client: AsUser, id: string, more: object = {}) {
      const { result, error } = await client.ask('task.submit', { id, domain: 'coding', ...more });
      if (result === undefined) throw new Error(error?.message);
      for (;;) {
        const answer = (await client.ask('task.get', { task_id: result.task_id })).result;
        if (answer?.times.ended !== undefined) return answer;
      }
    }

    it('a request becomes a result that the submitter reads, and nobody else', async () => {
      const id = await write(machine, 'question', alice, 0o600);
      const task = await done(as(socket(), alice), id);
      expect(task).toMatchObject({ state: 'done', id, domain: 'coding', class: 'write', bot: 'coding-bot' });
      expect((await as(socket(), alice).ask('task.submit', { id, domain: 'coding' })).result).toMatchObject({
        ...{ state: 'done', result_id: task.result_id },
        policy: { decision: 'auto_approved', reason: 'semi_autonomous' },
      });
      const objects = new FsObjects(server.fs, silent);
      const of = ({ uid, gid }: User) => ({ uid, gid, groups: [], pid: null });
      const resultId = asSherinId(task.result_id ?? '');
      const admission = { reads: [], results: [resultId], events: [] };
      expect(await objects.admit(admission, of(alice))).toEqual(['good']);
      expect(await objects.admit(admission, of(bob))).toEqual(['none']);
    });

    it('a request that one may not read is as none', async () => {
      const id = await write(machine, 'secret', alice, 0o600);
      const client = as(socket(), bob);
      expect(await client.ask('task.submit', { id, domain: 'coding' })).toMatchObject(refused('ENOENT'));
      const multi = { id, domains: ['coding', 'logic'] };
      expect(await client.ask('task.submitMulti', multi)).toMatchObject(refused('ENOENT'));
    });

    it('a known result answers only who may read it', async () => {
      const id = await write(machine, 'shared question', alice, 0o644);
      server.bots.mode = 0o600;
      const { result_id } = await done(as(socket(), alice), id);
      const { result } = await as(socket(), bob).ask('task.submit', { id, domain: 'coding' });
      expect(result?.state).toBe('queued');
      server.bots.mode = 0o644;
      const open = await write(machine, 'open question', alice, 0o644);
      const known = await done(as(socket(), alice), open);
      const hit = await as(socket(), bob).ask('task.submit', { id: open, domain: 'coding' });
      expect(hit.result).toMatchObject({ state: 'done', result_id: known.result_id });
      expect(result_id).not.toBe(known.result_id);
      server.bots.mode = 0o600;
    });

    it('tasks of others are not there, but for administrators', async () => {
      const id = await write(machine, 'of alice', alice, 0o644);
      const { task_id } = await done(as(socket(), alice), id);
      const [stranger, admin] = [as(socket(), bob), as(socket(), root)];
      const unknown = `t_${'a'.repeat(26)}`;
      const calls = [
        ['task.get', { task_id }],
        ['task.cancel', { task_id }],
        ['task.feedback', { task_id, verdict: 'bad' }],
        ['task.watch', { task_id }],
        ['task.merge', { parent_id: task_id }],
      ] as const;
      for (const [method, params] of calls) {
        const answer = await stranger.ask(method, params);
        expect(answer).toMatchObject(refused('ENOENT'));
        const none = 'parent_id' in params ? { parent_id: unknown } : { ...params, task_id: unknown };
        const other = JSON.stringify(await stranger.ask(method, none)).replaceAll(unknown, task_id);
        expect(JSON.parse(other)).toEqual(answer);
      }
      for (const [method, params] of [
        ['task.list', { all: true }],
        ['task.watch', { of: 'all' }],
      ] as const)
        expect(await stranger.ask(method, params)).toMatchObject(refused('EACCES'));
      const listed = (await stranger.ask('task.list')).result?.tasks.map((task) => task.task_id);
      expect(listed).not.toContain(task_id);
      expect((await admin.ask('task.get', { task_id })).result?.task_id).toBe(task_id);
      const all = (await admin.ask('task.list', { all: true })).result?.tasks.map((task) => task.task_id);
      expect(all).toContain(task_id);
      expect(await admin.ask('task.merge', { parent_id: task_id })).toMatchObject(refused('EINVAL'));
    });

    it('feedback counts once', async () => {
      const client = as(socket(), alice);
      const { task_id } = await done(client, await write(machine, 'measured', alice, 0o600));
      expect(await client.ask('task.feedback', { task_id, verdict: 'good' })).toMatchObject({ result: {} });
      const again = await client.ask('task.feedback', { task_id, verdict: 'good' });
      expect(again).toMatchObject(refused('EALREADY'));
      expect((await client.ask('task.get', { task_id })).result?.measured).toBe(true);
    });

    it('changes are told to who watches: one’s own, or all', async () => {
      const [own, other, admin] = [as(socket(), alice), as(socket(), bob), as(socket(), root)];
      await own.ask('task.watch');
      await other.ask('task.watch');
      await admin.ask('task.watch', { of: 'all' });
      const id = await write(machine, 'watched', alice, 0o644);
      const { task_id, result_id } = await done(as(socket(), alice), id);
      for (const client of [own, admin]) {
        expect(await client.heard()).toEqual({ task_id, state: 'queued' });
        expect(await client.heard()).toMatchObject({ task_id, state: 'running', from: 'queued' });
        expect(await client.heard()).toMatchObject({ task_id, state: 'done', from: 'running', result_id });
      }
      await own.ask('task.watch', { of: 'none' });
      // The next thing that bob hears is his own.
      const his = await done(as(socket(), bob), await write(machine, 'of bob', bob, 0o600));
      expect(await other.heard()).toEqual({ task_id: his.task_id, state: 'queued' });
      expect(await own.ask('task.list')).toHaveProperty('result');
    });

    it('several domains make one merged result', async () => {
      const client = as(socket(), alice);
      const id = await write(machine, 'for several', alice, 0o600);
      const answer = await client.ask('task.submitMulti', { id, domains: ['coding', 'logic'] });
      const parent = answer.result?.task_id ?? '';
      expect(answer.result?.parts.map(({ domain }) => domain)).toEqual(['coding', 'logic']);
      let merged = await client.ask('task.merge', { parent_id: parent });
      while (merged.result?.result_id === undefined && merged.result?.state !== 'failed')
        merged = await client.ask('task.merge', { parent_id: parent });
      expect(['done', 'failed']).toContain(merged.result?.state);
    });

    it('a list comes in pages that fit a line', async () => {
      const client = as(socket(), bob);
      const id = await write(machine, 'asked often', bob, 0o600);
      await done(client, id);
      for (let at = 0; at < 24; at++) await client.ask('task.submit', { id, domain: 'coding' });
      const seen: string[] = [];
      let page: number | null = null;
      do {
        const params: object = page === null ? { state: 'done' } : { state: 'done', page };
        const { result } = await client.ask('task.list', params);
        seen.push(...(result?.tasks.map(({ task_id }) => task_id) ?? []));
        page = result?.next ?? null;
      } while (page !== null);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeGreaterThanOrEqual(25);
    });

    it('where the vault is locked nothing is answered, and what was queued goes on afterwards', async () => {
      const client = as(socket(), alice);
      const id = await write(machine, 'before the lock', alice, 0o600);
      machine.ok('lock');
      expect(await client.ask('task.submit', { id, domain: 'coding' })).toMatchObject(refused('ENOKEY'));
      machine.ok('unlock');
      expect((await done(client, id)).state).toBe('done');
    });

    it('a known result is verified again by the sherin-fs that comes after', async () => {
      const client = as(socket(), alice);
      const id = await write(machine, 'through a crash', alice, 0o600);
      const { result_id } = await done(client, id);
      machine.ok('sync');
      machine.ok('down');
      machine.ok('up', '--allow-other');
      // This process has yet to hear that the connection ended.
      while ((await server.fs.call('status', {}).catch(() => null)) === null) await sleep(20);
      expect(await client.ask('task.submit', { id, domain: 'coding' })).toMatchObject({
        result: { state: 'done', result_id },
      });
    });
  });

  describe('of sherind itself', () => {
    let sherind: Sherind;
    const socket = (): string => join(machine.home, 'run/sherind.sock');
    const start = async (): Promise<void> => {
      sherind = await Sherind.start(machine);
      chmodSync(socket(), 0o666);
    };
    beforeAll(start);
    afterAll(() => sherind.end());

    it('are refused where no bot works, by the name of the domain', async () => {
      const client = as(socket(), alice);
      const id = await write(machine, 'without a bot', alice, 0o600);
      await until('no tasks yet', () => statSync(join(machine.home, 'daemon')).isDirectory());
      expect(await client.ask('task.submit', { id, domain: 'physics' })).toMatchObject({
        error: {
          message: 'task.submit: NO_BOT, no bot for domain physics',
          data: { code: 'EPOLICY' },
        },
      });
      const planned = await write(machine, 'titration of an acid', alice, 0o600);
      expect(await client.ask('task.submit', { id: planned })).toMatchObject({
        error: { message: 'task.submit: NO_BOT, no bot for domain chemistry' },
      });
      const metrics = (await client.ask('system.metrics')).result;
      expect(metrics?.domains).toEqual([]);
    });

    it('lie in a directory of the vault that only its user enters', async () => {
      const { vault } = machine.status();
      const directory = join(machine.home, 'daemon', vault.uuid);
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(statSync(join(directory, 'sherind.db')).mode & 0o777).toBe(0o600);
    });

    it('are not there where their database can not be used, and the vault is served all the same', async () => {
      const { vault } = machine.status();
      await sherind.kill('SIGKILL');
      chmodSync(join(machine.home, 'daemon', vault.uuid, 'sherind.db'), 0o644);
      await start();
      const client = as(socket(), alice);
      const id = await write(machine, 'no database', alice, 0o600);
      await until('there are tasks', () => sherind.log.includes('there are no tasks'));
      expect(await client.ask('task.submit', { id })).toMatchObject(refused('EIO'));
      expect((await client.ask('system.health')).result?.reasons).toContain('tasks-unavailable');
      expect((await client.ask('object.stat', { id })).result).toBeDefined();
    });
  });
});
