/** The policy engine as sherind runs it: its state lies in the vault, nobody without the right changes it, and the stop holds. */
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../common/project.js';
import { Machine } from '../vault/machine.js';
import { AsUser, type User } from './as-user.js';
import { Sherind } from './sherind.js';

const root: User = { uid: 0, gid: 0 };
const stranger: User = { uid: 65_534, gid: 65_534 };
const asRoot = process.getuid?.() === 0;

let machine: Machine;
let sherind: Sherind;
let clients: AsUser[] = [];

const socket = (): string => join(machine.home, 'run/sherind.sock');

function as(user: User): AsUser {
  const client = new AsUser(socket(), user);
  clients.push(client);
  return client;
}

async function start(): Promise<void> {
  sherind = await Sherind.start(machine);
  chmodSync(machine.home, 0o711);
  chmodSync(socket(), 0o666);
}

/** Whose clients end with it. */
async function stop(): Promise<void> {
  for (const client of clients) client.end();
  clients = [];
  await sherind.end();
}

async function records(event: string): Promise<readonly { readonly uid: unknown; readonly meta: unknown }[]> {
  const { records: all } = await machine.call('audit.tail', { count: 200 });
  return all
    .map((record) => record as unknown as { event: string; actor: { uid: unknown }; meta: unknown })
    .filter((record) => record.event === event)
    .map(({ actor, meta }) => ({ uid: actor.uid, meta }));
}

describe.runIf(asRoot)('the policy', () => {
  beforeEach(async () => {
    machine = Machine.start();
    await start();
  });
  afterEach(async () => {
    await stop();
    machine.end();
  });

  it('is set by administrators only, not below its floor, and is on record', async () => {
    const [admin, other] = [as(root), as(stranger)];
    expect((await other.ask('policy.get')).result).toMatchObject({
      mode: 'semi_autonomous',
      stop: 'off',
      waiting: 0,
    });
    expect(await other.ask('policy.set', { mode: 'autonomous' })).toMatchObject({
      error: { data: { code: 'EACCES' } },
    });
    expect(await other.ask('policy.estop', { on: true })).toMatchObject({
      error: { data: { code: 'EACCES' } },
    });
    expect(await admin.ask('policy.set', { thresholds: { safety: 0.5 } })).toMatchObject({
      error: { data: { code: 'EPOLICY' } },
    });
    expect(
      (await admin.ask('policy.set', { mode: 'supervised', thresholds: { safety: 0.97 } })).result,
    ).toEqual({
      version: 1,
    });
    expect((await other.ask('policy.get')).result).toMatchObject({
      ...{ version: 1, mode: 'supervised', thresholds: { safety: 0.97 } },
    });
    expect((await other.ask('policy.test', { type: 'gc', level: 'MEDIUM' })).result).toEqual({
      ...{ decision: 'pending_review', reason: 'supervised' },
    });
    expect(await records('AUDIT_POLICY_SET')).toMatchObject([
      { uid: 0, meta: { mode: 'supervised', safety: 0.97 } },
    ]);
    expect(await records('AUDIT_DAEMON_DENIED')).toEqual([
      { uid: 65_534, meta: { method: 'policy.set' } },
      { uid: 65_534, meta: { method: 'policy.estop' } },
    ]);
  });

  it('tells who may not change it whom to ask', () => {
    const sherinctl = (line: string) =>
      machine.shell(
        `mkdir -p programs && unshare -m bash -c 'mount --bind ${projectRoot} programs && exec setpriv --reuid ${stranger.uid} --regid ${stranger.gid} --clear-groups node programs/dist/cli/main.js ${line}'`,
      );
    expect(sherinctl('estop on')).toMatchObject({
      code: 5,
      err: expect.stringMatching(/policy\.estop is for administrators — ask an administrator \(.*\)\n$/),
    });
    expect(sherinctl('lock')).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^sherinctl: uid 65534 may not use .* — do it as that user\n$/),
    });
    const socket = join(machine.home, 'run/sherind.sock');
    const { mode } = statSync(socket);
    chmodSync(socket, 0o660);
    expect(sherinctl('policy get')).toMatchObject({
      code: 5,
      err: `sherinctl: uid 65534 may not use ${socket}, which is of the user who runs sherind and of group sherin — do it as one of them\n`,
    });
    chmodSync(socket, mode);
  });

  it('has another floor from nobody who speaks for sherind, and who tried is on record', async () => {
    await as(root).ask('policy.set', { mode: 'supervised' });
    const { state } = await machine.call('policy.read', {});
    if (state === null) throw new Error('there is no state');
    const caller = { uid: 65_534, gid: 65_534, groups: [], pid: null };
    const lower = { ...state, floor: { confidence: 0, empathy: 0, safety: 0 } };
    const write = machine.call('policy.write', { state: lower, events: [], caller });
    await expect(write).rejects.toMatchObject({ code: 'DENIED' });
    expect((await machine.call('policy.read', {})).state).toEqual(state);
    expect(await records('AUDIT_DENIED')).toEqual([{ uid: 65_534, meta: { operation: 'policy-floor' } }]);
  });

  it('keeps the emergency stop through a restart of everything; clearing it is on record', async () => {
    await as(root).ask('policy.estop', { on: true });
    await stop();
    await start();
    const client = as(root);
    expect((await client.ask('policy.get')).result).toMatchObject({ stop: 'on' });
    expect((await client.ask('policy.test', { type: 'task_submission', level: 'LOW' })).result).toEqual({
      ...{ decision: 'blocked', reason: 'emergency_stop' },
    });
    expect((await client.ask('policy.estop', { on: false })).result).toEqual({ stop: 'off' });
    expect(await records('AUDIT_POLICY_STOP')).toEqual([
      { uid: 0, meta: { from: 'off', to: 'on' } },
      { uid: 0, meta: { from: 'on', to: 'off' } },
    ]);
  });

  it('can be stopped while the vault is locked, which has the stop once it is open', async () => {
    const client = as(root);
    await client.ask('vault.lock');
    expect((await client.ask('policy.estop', { on: true })).result).toEqual({ stop: 'on' });
    await client.ask('vault.unlock');
    await stop();
    await start();
    expect((await as(root).ask('policy.get')).result).toMatchObject({ stop: 'on' });
  });

  it('gains nothing by an edit of the database of sherind: the vault wins, and it is on record', async () => {
    const before = (await as(root).ask('policy.set', { mode: 'supervised' })).result;
    await as(root).ask('policy.estop', { on: true });
    await stop();
    const header = readFileSync(join(machine.vault, 'vault.json'), 'utf8');
    const { uuid } = JSON.parse(header) as { readonly uuid: string };
    const database = new Database(join(machine.home, 'daemon', uuid, 'sherind.db'));
    database.exec("UPDATE policy SET mode = 'autonomous', stop = 'off', safety = 0, leastSafety = 0");
    database.close();
    await start();
    expect((await as(root).ask('policy.get')).result).toMatchObject({
      ...{ mode: 'supervised', stop: 'on', thresholds: { safety: 0.95 }, floor: { safety: 0.95 } },
    });
    expect(before).toEqual({ version: 1 });
    expect(await records('AUDIT_POLICY_EDITED')).toHaveLength(1);
  });

  it('tells the emotional state, every dimension with what it was computed from', async () => {
    const { result } = await as(stranger).ask('emotion.get');
    const { result: rest } = await as(stranger).ask('emotion.get', { page: result?.next ?? 'none' });
    expect(result?.dimensions.map(({ name }) => name)).toEqual([
      ...['confidence', 'empathy', 'curiosity', 'safety', 'urgency', 'optimism', 'caution'],
    ]);
    expect(rest?.dimensions).toHaveLength(7);
    expect(result?.dimensions.find(({ name }) => name === 'safety')).toMatchObject({ threshold: 0.95 });
  });

  it('is shown and set by sherinctl, and stopped', () => {
    expect(machine.ok('policy', 'get')).toMatch(
      /^mode: +semi_autonomous\nstop: +off\nmodification: allowed\n/,
    );
    expect(machine.ok('policy', 'set', '--mode', 'supervised', '--safety', '0.97')).toBe(
      'policy version 1\n',
    );
    expect(machine.ok('policy', 'get')).toContain('safety:       at least 0.97 (floor 0.95)\n');
    expect(machine.ok('policy', 'test', 'gc', '--level', 'MEDIUM')).toBe('pending_review  (supervised)\n');
    expect(machine.ok('policy', 'queue')).toBe('nothing waits\n');
    expect(machine.ok('estop', 'on')).toBe('emergency stop: on\n');
    expect(machine.ok('policy', 'test', 'gc', '--level', 'LOW')).toBe('blocked  (emergency_stop)\n');
    expect(machine.ok('estop', 'off')).toBe('emergency stop: off\n');
    const low = machine.run('policy', 'set', '--safety', '0.5');
    expect(low).toMatchObject({ code: 5, out: '' });
    expect(low.err).toContain('POLICY_FLOOR');
    expect(machine.run('policy', 'set', '--safety', 'much').code).toBe(2);
    expect(machine.run('policy', 'approve', 'nothing').err).toContain('ACTION_UNKNOWN');
    expect(machine.run('estop', 'perhaps').code).toBe(2);
  });
});
