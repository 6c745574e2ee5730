import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { type Call, Trace } from './trace.js';

const syncs = ['syncfs', 'fsync', 'fdatasync'];
const watched = [...syncs, 'write', 'pwrite64', 'rename', 'renameat', 'renameat2', 'sendmsg'];

/** What a power cut can not undo must be on the disk in this order. Only root may look into sherin-fs. */
describe.runIf(process.getuid?.() === 0)('the system calls of one put', () => {
  let machine: Machine;
  let calls: Call[];
  /** Those of these names, with this in their arguments. */
  const find = (names: readonly string[], what: RegExp): Call[] =>
    calls.filter(({ name, text }) => names.includes(name) && what.test(text));
  const writes = (what: RegExp): Call[] => find(['write', 'pwrite64'], what);
  const renames = (what: RegExp): Call[] => find(['rename', 'renameat', 'renameat2'], what);
  const answer = (what: RegExp): Call => one(find(['sendmsg'], what));
  const vaultSyncs = (): Call[] => find(['syncfs'], /\/vault>\)/);

  beforeAll(async () => {
    machine = Machine.start();
    const source = join(machine.home, 'data');
    writeFileSync(source, randomBytes(3 * 1024 * 1024));
    machine.ok('unlock');
    const trace = await Trace.of(machine.fsPid, watched, join(machine.home, 'trace'));
    machine.ok('put', source, 'files/data');
    calls = await trace.end();
  });
  afterAll(() => machine.end());

  it('sync the content of all cubes before the first gets its name', () => {
    const [first] = vaultSyncs();
    const content = writes(/\/cubes\/tmp\//);
    const names = renames(/\/cubes\/tmp>.*\.cube"/);
    expect(names).toHaveLength(3);
    expect(content.length).toBeGreaterThanOrEqual(3);
    expectOrder([content, [first], names]);
  });

  it('sync the names of all cubes before the first record of them is written', () => {
    const [, second, third] = vaultSyncs();
    expect(third).toBeUndefined();
    expectOrder([renames(/\/cubes\/tmp>.*\.cube"/), [second], writes(/manifest\.db-wal>/)]);
  });

  it('sync the manifest before it is answered and before another place remembers its head', () => {
    const answered = answer(/"newCubes":3/);
    const records = writes(/manifest\.db-wal>/);
    const last = records.at(-1);
    expect(records.length).toBeGreaterThan(2);
    const synced = find(syncs, /manifest\.db-wal>/).filter(({ begin }) => begin > end(last));
    const note = /\/known_vaults\.[0-9a-f-]{36}>/;
    expectOrder([
      ...[[last], synced.slice(0, 1)],
      ...[writes(note).slice(-1), find(['fdatasync'], note).slice(-1), [answered]],
    ]);
  });

  it('sync the known vaults before they replace the old ones, and then their name', () => {
    const names = renames(/known_vaults\.tmp"/);
    // Where the counter has risen, before the first commit of the session; the head of the put is a note.
    expect(names).toHaveLength(1);
    const content = writes(/known_vaults\.tmp>/);
    const synced = find(['fsync'], /known_vaults\.tmp>\)/);
    const named = find(['fsync'], /\/known>\)/);
    // The second time for the file of notes, whose line is durable by then.
    expect([content.length, synced.length, named.length]).toEqual([1, 1, 2]);
    const notes = find(['fsync'], /\/known_vaults\.[0-9a-f-]{36}>\)/);
    expectOrder([content, synced, names, named.slice(0, 1), notes, named.slice(1)]);
  });

  it('sync the audit record that the put has begun before it is answered', () => {
    const record = one(writes(/"AUDIT_PUT"/));
    const [synced] = find(syncs, /audit\/\d+\.jsonl>\)/);
    expectOrder([[record], [synced], [answer(/"transfer":1/)]]);
  });
});

/** All calls of a step have ended before the first of the next begins. */
function expectOrder(steps: readonly (readonly (Call | undefined)[])[]): void {
  let before = -1;
  for (const step of steps) {
    expect(step.length).toBeGreaterThan(0);
    for (const call of step) expect(call?.begin).toBeGreaterThan(before);
    before = Math.max(...step.map(end));
    expect(before).toBeLessThan(Number.POSITIVE_INFINITY);
  }
}

function end(call: Call | undefined): number {
  return call?.end ?? Number.POSITIVE_INFINITY;
}

function one(found: readonly Call[]): Call {
  const [call] = found;
  if (call === undefined || found.length > 1) throw new Error(`${found.length} calls instead of one`);
  return call;
}
