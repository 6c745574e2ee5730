import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DaemonDatabase } from './database.js';
import { GroupCommit } from './group-commit.js';

const set = 'INSERT INTO turns (domain, owner) VALUES (?, ?)';
const turns = 'SELECT domain FROM turns ORDER BY domain';

let directory: string;
let database: DaemonDatabase;
let group: GroupCommit;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sherind-group-'));
  database = DaemonDatabase.open(directory);
  group = new GroupCommit(database, pino({ level: 'silent' }));
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

it('commits what comes in one turn in one transaction, in its order', async () => {
  const outermost = vi.spyOn(group, 'flush');
  const told: string[] = [];
  const results = await Promise.all(
    ['b', 'a', 'c'].map((name, at) =>
      group.run(() => {
        database.run(set, name, at);
        database.afterCommit(() => told.push(name));
        return at;
      }),
    ),
  );
  expect(results).toEqual([0, 1, 2]);
  expect(told).toEqual(['b', 'a', 'c']);
  expect(outermost).toHaveBeenCalledTimes(1);
});

it('one that fails undoes its own changes, and no others', async () => {
  const told: string[] = [];
  const work = (name: string, fails: boolean) =>
    group.run(() => {
      database.run(set, name, 1);
      database.afterCommit(() => told.push(name));
      if (fails) throw new Error(name);
    });
  const outcomes = await Promise.allSettled([work('a', false), work('b', true), work('c', false)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(database.all(turns)).toEqual([{ domain: 'a' }, { domain: 'c' }]);
  expect(told).toEqual(['a', 'c']);
});

it('a database that can not be used fails all of them', async () => {
  const outcomes = Promise.allSettled([group.run(() => database.run(set, 'a', 1)), group.run(() => 1)]);
  database.close();
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'DAEMON_DATABASE' } });
  database = DaemonDatabase.open(directory);
  expect(database.all(turns)).toEqual([]);
});

it('what nobody waits for is there soon, or as soon as somebody reads', async () => {
  const add = group.gather<string>((names) => {
    for (const name of names) database.run(set, name, 1);
  });
  add('a');
  expect(database.all(turns)).toEqual([]);
  group.flush();
  expect(database.all(turns)).toHaveLength(1);
  add('b');
  for (let tries = 0; database.all(turns).length < 2 && tries < 1000; tries++) await sleep(10);
  expect(database.all(turns)).toHaveLength(2);
});

it('many of a kind are stored in one go, and those that come after a failure are, too', () => {
  const stored: (readonly string[])[] = [];
  const add = group.gather<string>((names) => {
    stored.push(names);
    if (names.includes('bad')) throw new Error('logged');
    for (const name of names) database.run(set, name, 1);
  });
  add('a');
  add('b');
  group.flush();
  add('bad');
  group.flush();
  add('c');
  group.flush();
  expect(stored).toEqual([['a', 'b'], ['bad'], ['c']]);
  expect(database.all(turns)).toHaveLength(3);
});

it('of very many of a kind each go is bounded, and none is left out', () => {
  const stored: (readonly number[])[] = [];
  const add = group.gather<number>((numbers) => stored.push(numbers));
  const all = Array.from({ length: 2_500 }, (_, number) => number);
  for (const number of all) add(number);
  group.flush();
  expect(stored.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  expect(stored.flat()).toEqual(all);
});
