/** What happens to the vault reaches who has subscribed, by way of sherin-fs and sherind. */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import type { FsEvent } from '../../daemon/protocol/events.js';
import { flip } from '../vault/damage.js';
import { Machine } from '../vault/machine.js';
import { gone, until } from '../vault/wait.js';
import { AsUser } from './as-user.js';
import { Sherind } from './sherind.js';

let machine: Machine;
let sherind: Sherind;
let clients: AsUser[] = [];

const stranger = { uid: 65_534, gid: 65_534 };

async function subscribed(uid: number, ...kinds: string[]): Promise<AsUser> {
  const client = new AsUser(join(machine.home, 'run/sherind.sock'), { uid, gid: uid });
  clients.push(client);
  expect(await client.ask('event.subscribe', { kinds })).toMatchObject({ result: {} });
  return client;
}

/** Stores a file that everybody may read. @returns its ID */
async function stored(name: string): Promise<string> {
  writeFileSync(join(machine.home, name), `content of ${name}`, { mode: 0o644 });
  machine.ok('put', join(machine.home, name), `files/${name}`);
  return (await machine.call('stat', { target: `files/${name}` })).entry.id ?? '';
}

/** Stores a file and turns a byte of its cube. @returns its ID */
async function damaged(name: string, mode: number): Promise<string> {
  writeFileSync(join(machine.home, name), `content of ${name}`, { mode });
  machine.ok('put', join(machine.home, name), `files/${name}`);
  const path = await machine.cubeOf(`files/${name}`);
  flip(path, statSync(path).size - 1);
  return (await machine.call('stat', { target: `files/${name}` })).entry.id ?? '';
}

describe.runIf(process.getuid?.() === 0)('events', () => {
  beforeAll(async () => {
    machine = Machine.start();
    machine.ok('down');
    machine.ok('up', '--allow-other');
    sherind = await Sherind.start(machine);
    // The first state of the policy is stored, and in a cube, before any is damaged.
    while ((await sherind.call('policy.get').catch(() => null)) === null) await sleep(50);
    for (const step of ['lock', 'unlock']) machine.ok(step);
    chmodSync(machine.home, 0o711);
    chmodSync(join(machine.home, 'run/sherind.sock'), 0o666);
  });
  afterEach(() => {
    for (const client of clients) client.end();
    clients = [];
  });
  afterAll(async () => {
    await sherind.end();
    machine.end();
  });

  it('of locking and unlocking, whoever did it', async () => {
    const client = await subscribed(stranger.uid, 'lock');
    machine.ok('lock');
    expect(await client.heard()).toEqual({ kind: 'lock', state: 'locked' });
    machine.ok('unlock');
    expect(await client.heard()).toEqual({ kind: 'lock', state: 'unlocked' });
  });

  it('of a cube in quarantine, to administrators and to those who may read a file that has it', async () => {
    const [secret, open] = [await damaged('secret', 0o600), await damaged('open', 0o644)];
    const client = await subscribed(stranger.uid, 'quarantine');
    const feeling = await subscribed(stranger.uid, 'emotion');
    const administrator = await subscribed(0, 'quarantine');
    for (const name of ['secret', 'open'])
      expect(() => readFileSync(join(machine.mount, 'files', name))).toThrow();
    expect(await administrator.heard()).toMatchObject({ kind: 'quarantine', id: secret });
    expect(await administrator.heard()).toMatchObject({ kind: 'quarantine', id: open });
    expect(await client.heard()).toMatchObject({ kind: 'quarantine', id: open });
    const down = { kind: 'emotion', dimension: 'safety', crossed: 'down', threshold: 0.95 };
    expect(await feeling.heard()).toMatchObject(down);
  });

  it('of the policy, to administrators; the emergency stop to everybody, and tasks to whose they are', async () => {
    const id = await stored('question');
    const administrator = await subscribed(0, 'policy', 'task');
    const [client, other] = [
      await subscribed(stranger.uid, 'policy', 'task'),
      await subscribed(61_003, 'policy', 'task'),
    ];
    machine.ok('policy', 'set', '--mode', 'supervised');
    expect(await administrator.heard()).toEqual({ kind: 'policy', mode: 'supervised' });
    machine.ok('estop', 'on');
    const stop = { kind: 'policy', stop: 'on' };
    for (const one of [administrator, client, other]) expect(await one.heard()).toEqual(stop);
    const asker = new AsUser(join(machine.home, 'run/sherind.sock'), stranger);
    clients.push(asker);
    const { result } = await asker.ask('task.submit', { id, domain: 'coding' });
    const blocked = { kind: 'task', task_id: result?.task_id, state: 'blocked' };
    expect(await administrator.heard()).toMatchObject(blocked);
    expect(await client.heard()).toMatchObject(blocked);
    machine.ok('estop', 'off');
    for (const one of [administrator, client, other])
      expect(await one.heard()).toEqual({ kind: 'policy', stop: 'off' });
  });

  it('go on with the sherin-fs that comes after one that was killed, whose vault is not open', async () => {
    const client = await subscribed(stranger.uid, 'lock');
    const { fsPid } = machine;
    process.kill(fsPid, 'SIGKILL');
    await gone(fsPid);
    expect(await client.heard()).toEqual({ kind: 'lock', state: 'sealed' });
    machine.ok('ls');
    expect(await client.heard()).toEqual({ kind: 'lock', state: 'unlocked' });
  });

  it('of the control socket come to who watches it', async () => {
    const heard: FsEvent[] = [];
    const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'), (event) =>
      heard.push(event),
    );
    expect(await client.call('watch', {})).toEqual({ state: 'unlocked' });
    machine.ok('lock');
    machine.ok('unlock');
    const states = () => heard.flatMap((event) => (event.kind === 'lock' ? [event.state] : []));
    await until('an event is missing', () => states().length >= 2);
    expect(states()).toEqual(['locked', 'unlocked']);
    client.close();
  });
});
