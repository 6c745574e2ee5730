/** The audit log over sherind's socket: everybody sees what is his, administrators all, and each record is proven. */
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonResult } from '../../daemon/protocol/daemon.js';
import { leafHash, rootFromPath } from '../reference/merkle.js';
import { Machine } from '../vault/machine.js';
import { AsUser } from './as-user.js';
import { Sherind } from './sherind.js';

type Told = DaemonResult<'audit.tail'>['records'][number];

const folder = resolve(import.meta.dirname, '../..');
const stranger = { uid: 65_534, gid: 65_534 };
const other = { uid: 65_533, gid: 65_533 };

let machine: Machine;
let sherind: Sherind;
let user: AsUser;
let root: AsUser;

/** All records that somebody is told, the newest first. */
async function told(client: AsUser): Promise<Told[]> {
  const found: Told[] = [];
  let page: number | null | undefined;
  while (page !== null) {
    const { result } = await client.ask('audit.tail', page === undefined ? {} : { page });
    found.push(...(result?.records ?? []));
    page = result?.next ?? null;
  }
  return found;
}

describe.runIf(process.getuid?.() === 0)('the audit log', () => {
  beforeAll(async () => {
    machine = Machine.start();
    machine.ok('down');
    machine.ok('up', '--allow-other');
    sherind = await Sherind.start(machine);
    chmodSync(machine.home, 0o711);
    chmodSync(join(machine.home, 'run/sherind.sock'), 0o666);
    user = new AsUser(join(machine.home, 'run/sherind.sock'), stranger);
    root = new AsUser(join(machine.home, 'run/sherind.sock'), { uid: 0, gid: 0 });
    for (const name of ['one', 'two', 'three']) {
      writeFileSync(join(machine.mount, 'files', name), `content of ${name}`, { mode: 0o644 });
      // An ID is what the record is about.
      machine.ok('stat', `files/${name}`);
      const { code, err } = machine.shell(
        `setpriv --reuid 65534 --regid 65534 --clear-groups cat $M/files/${name}`,
      );
      expect([code, err]).toEqual([0, '']);
    }
    const { id } = (await machine.call('stat', { target: 'files/one' })).entry;
    expect(await user.ask('task.submit', { id, domain: 'physics' })).toMatchObject({
      error: { data: { code: 'EPOLICY' } },
    });
    // A refusal is on record before it is answered.
    expect(await user.ask('vault.lock')).toHaveProperty('error');
  });
  afterAll(async () => {
    user.end();
    root.end();
    await sherind.end();
    machine.end();
  });

  it('tells somebody what he did, and nothing of others', async () => {
    const records = await told(user);
    expect(new Set(records.map(({ uid }) => uid))).toEqual(new Set([stranger.uid]));
    const events = records.map(({ event }) => event);
    expect(events).toContain('AUDIT_DAEMON_DENIED');
    // What he wants done is his, though sherind and its policy decide on it.
    expect(events).toContain('AUDIT_POLICY_EVALUATED');
    expect(events.filter((event) => event === 'AUDIT_OPEN')).toHaveLength(3);
    expect(records.find(({ event }) => event === 'AUDIT_OPEN')).toMatchObject({ exe: 'cat', whole: true });
    expect(records.map(({ seq }) => seq)).toEqual(records.map(({ seq }) => seq).sort((a, b) => b - a));
    const nobody = new AsUser(join(machine.home, 'run/sherind.sock'), other);
    expect(await told(nobody)).toEqual([]);
    nobody.end();
  });

  it('tells administrators all of it, as it stands in the log', async () => {
    const records = await told(root);
    const { result: head } = await root.ask('audit.head');
    expect(records.length).toBeGreaterThanOrEqual(head?.size ?? Number.NaN);
    expect(records.at(-1)).toMatchObject({ seq: 0, event: 'AUDIT_INIT' });
    const shown = readFileSync(join(machine.mount, '.sherin/audit.jsonl'), 'utf8').trim().split('\n');
    for (const line of shown) {
      const { seq, event, actor } = JSON.parse(line) as Told & { actor: { uid: number } };
      const record = records.find((one) => one.seq === seq);
      if (record !== undefined) expect(record).toMatchObject({ event, uid: actor.uid });
    }
  });

  it('proves a record to whom it is told: its line leads to the signed head', async () => {
    const [record] = await told(user);
    const { result: proof } = await user.ask('audit.prove', { seq: record?.seq ?? -1 });
    if (proof === undefined) throw new Error('there is no proof');
    const lines = readFileSync(join(machine.mount, '.sherin/audit.jsonl'), 'utf8').trim().split('\n');
    const line = lines.find((one) => (JSON.parse(one) as Told).seq === record?.seq) ?? '';
    expect(Buffer.from(leafHash(Buffer.from(line))).toString('base64')).toBe(proof.leaf);
    expect(createHash('sha256').update(`\0${line}`).digest('base64')).toBe(proof.leaf);
    const path = proof.path.map((hash) => Buffer.from(hash, 'base64'));
    const reached = rootFromPath(Buffer.from(proof.leaf, 'base64'), proof.seq, proof.head.size, path);
    expect(Buffer.from(reached ?? []).toString('base64')).toBe(proof.head.root);
  });

  it('has every refusal for want of rights, and of many equal ones how many they were', async () => {
    const denied = { error: { data: { code: 'EACCES' } } };
    expect(await user.ask('task.list', { all: true })).toMatchObject(denied);
    expect(await user.ask('task.watch', { of: 'all' })).toMatchObject(denied);
    for (let time = 0; time < 100; time++)
      expect(await user.ask('policy.estop', { on: true })).toMatchObject(denied);
    const refusals = async (method: string) =>
      (await told(root)).filter(
        ({ event, meta }) => event === 'AUDIT_DAEMON_DENIED' && meta.method === method,
      );
    expect(await refusals('task.list')).toHaveLength(1);
    expect(await refusals('task.watch')).toHaveLength(1);
    const all = async () =>
      (await refusals('policy.estop')).reduce((sum, { meta }) => sum + Number(meta.repeats ?? 1), 0);
    await expect.poll(all, { timeout: 20_000, interval: 500 }).toBe(100);
    expect((await refusals('policy.estop')).length).toBeLessThan(100);
  });

  it("others' records and those that are not there are not proven, in the same words", async () => {
    const refused = { code: -32000, data: { code: 'ENOENT' } };
    for (const seq of [0, 1_000_000]) {
      expect(await user.ask('audit.prove', { seq })).toMatchObject({ error: refused });
      const { error } = await user.ask('audit.prove', { seq });
      expect(error?.message).toBe(`audit.prove: RECORD_UNKNOWN, the audit log has no record ${seq} for you`);
    }
    expect(await root.ask('audit.prove', { seq: 0 })).toHaveProperty('result');
  });

  it('sherinctl of who may not ask sherin-fs shows what is his', async () => {
    const [{ seq = -1 } = {}] = await told(user);
    // The folder of the programs may be one that others do not get into.
    const asStranger = (line: string) =>
      machine.shell(
        `mkdir -p programs && unshare -m bash -c 'mount --bind ${folder} programs && exec setpriv --reuid 65534 --regid 65534 --clear-groups node programs/dist/cli/main.js ${line}'`,
      );
    const tail = asStranger('audit tail');
    expect(tail.code).toBe(0);
    const lines = tail.out.trim().split('\n');
    expect(lines.every((line) => line.includes('{"uid":65534,'))).toBe(true);
    expect(lines.at(-1)).toMatch(new RegExp(`^${seq}  `));
    expect(asStranger('audit prove 0').code).toBe(1);
    expect(asStranger(`audit prove ${seq}`).out).toMatch(new RegExp(`^record: ${seq}\\nleaf: {3}`));
    expect(asStranger('metrics').out).toMatch(/^sherin_unlocked 1\n.*\nsherin_requests_total\{/ms);
  });

  it('sherinctl shows head and proof', () => {
    expect(machine.ok('audit', 'tail', '-n', '2').trim().split('\n')).toHaveLength(2);
    expect(machine.ok('audit', 'head')).toMatch(
      /^head: {3}[\d,]+ records, .*\nroot: {3}\S{44}\nsigned: \S{88}\n$/,
    );
    expect(machine.ok('audit', 'prove', '0')).toMatch(/^record: 0\nleaf: {3}\S{44}\npath: {3}\S{44}\n/);
    const { code, err } = machine.run('audit', 'prove', '99999999');
    expect([code, err]).toEqual([1, expect.stringContaining('has no record 99999999')]);
    expect(machine.run('audit', 'prove', 'first').code).toBe(2);
  });
});
