/** Results that no task tells of any more go when their owner wants it, and their space with gc. */
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AsUser } from './as-user.js';
import { Desk } from './desk.js';

const alice = { uid: 54_321, gid: 54_321 };
const wish = { domain: 'calculations' } as const;

let desk: Desk;
/** A result that sherind forgets before the tests. */
let forgotten: string;

beforeAll(async () => {
  desk = await Desk.start('calculations');
  forgotten = (await desk.ended(await desk.submit('6 * 7', wish))).result_id ?? '';
  desk.machine.ok('down');
  const daemon = join(desk.machine.home, 'daemon');
  for (const vault of readdirSync(daemon)) {
    const database = new Database(join(daemon, vault, 'sherind.db'));
    database.exec('DELETE FROM tasks');
    database.close();
  }
  desk.machine.ok('up');
  desk.machine.ok('unlock');
  desk = await desk.again('calculations');
});
afterAll(() => desk.end());

interface Cleaned {
  readonly removed: number;
  readonly kept: number;
}

function clean(...flags: string[]): Cleaned {
  return JSON.parse(desk.machine.ok('task', 'clean', '--json', ...flags)) as Cleaned;
}

it('a result goes when it is old and no task tells of it, with the next gc; others stay', async () => {
  const known = (await desk.ended(await desk.submit('6 * 8', wish))).result_id ?? '';
  // Both are young.
  expect(clean('--older-than', '1h')).toMatchObject({ removed: 0, kept: 0 });
  expect(clean('--older-than', '0h', '--dry-run')).toMatchObject({ removed: 1, kept: 1 });
  expect(desk.read(forgotten)).toContain('42');
  expect(desk.machine.ok('task', 'clean', '--older-than', '0h')).toBe('removed 1 result\n');
  expect(desk.read(known)).toContain('48');
  expect(clean('--older-than', '0h')).toMatchObject({ removed: 0, kept: 1 });
  const { records } = await desk.machine.call('audit.tail', { count: 20 });
  expect(records).toContainEqual(
    expect.objectContaining({ event: 'AUDIT_RESULTS_REMOVED', meta: { results: 1 } }),
  );
  const { cubes } = JSON.parse(desk.machine.ok('gc', '--keep-last', '1', '--json')) as { cubes: number };
  expect(cubes).toBeGreaterThan(0);
  expect(() => desk.read(forgotten)).toThrow(/ENODATA/);
  expect(desk.read(known)).toContain('48');
  desk.machine.ok('verify');
  // It is remembered, and as nobody can read it the question is worked on anew.
  expect(await desk.ask('6 * 7', wish)).toEqual({ result: expect.stringContaining('42') });
});

it('a frozen vault keeps them', async () => {
  desk.machine.ok('estop', 'on', '--freeze');
  await expect(desk.machine.call('result.remove', { all: false, inos: [1] })).rejects.toMatchObject({
    code: 'FROZEN',
  });
  desk.machine.ok('estop', 'off');
});

it.runIf(process.getuid?.() === 0)(
  'each user removes what is theirs, and nobody but administrators what is of others',
  async () => {
    const socket = join(desk.machine.home, 'run/sherind.sock');
    chmodSync(socket, 0o666);
    const user = new AsUser(socket, alice);
    const old = { older_than: 0, dry_run: true };
    expect((await user.ask('task.clean', { ...old, all: true })).error?.data.code).toBe('EACCES');
    expect((await user.ask('task.clean', old)).result).toEqual({ removed: 0, kept: 0 });
    user.end();
    const { kept } = clean('--older-than', '0h', '--dry-run');
    expect(kept).toBeGreaterThan(0);
    expect(clean('--older-than', '0h', '--dry-run', '--all').kept).toBe(kept);
  },
);

it('a length of time that is none is a mistake of usage', () => {
  const { code, err } = desk.machine.run('task', 'clean', '--older-than', 'ever');
  expect([code, err]).toEqual([2, expect.stringContaining('is no length of time')]);
});
