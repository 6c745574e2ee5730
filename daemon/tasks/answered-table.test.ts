/** Tasks that were answered from memory: they lie apart, and nobody sees it. */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonDatabase } from '../database/database.js';
import { migrate } from '../database/migrate.js';
import { migrations } from '../database/schema.js';
import { idOf, QueueFixture, sample } from './queue.fixture.js';
import { taskSql } from './statements.js';
import type { Task } from './task.js';
import { bytesOfTaskId, newTaskId, taskIdOf } from './task-id.js';

let fixture: QueueFixture;
beforeEach(() => {
  fixture = new QueueFixture({ retention: { age: 1_000, perOwner: 4 } });
});
afterEach(() => fixture.end());

const code = (expected: string) => expect.objectContaining({ code: expected });
const seqs = (tasks: readonly Task[]) => tasks.map(({ seq }) => seq);

/** One that a bot has done. */
function worked(): Task {
  fixture.queue.submit(sample());
  const task = fixture.queue.begin('coding', 'bot');
  if (task === null) throw new Error('nothing to begin');
  return fixture.queue.finish(task, idOf('worked'));
}
const answers = () => fixture.database.all<{ tasks: number }>('SELECT tasks FROM answers');

it('an ID has 16 bytes, and those of one time stand together', () => {
  const [one, other] = [newTaskId(), newTaskId()];
  expect(taskIdOf(bytesOfTaskId(one))).toBe(one);
  const time = (id: typeof one) => bytesOfTaskId(id).readUIntBE(0, 6);
  expect(time(other) - time(one)).toBeLessThan(60_000);
  expect(bytesOfTaskId(one).subarray(6)).not.toEqual(bytesOfTaskId(other).subarray(6));
});

describe('a task that was answered', () => {
  it('is what it was when it was told, also after a restart', () => {
    const told = fixture.answered({ priority: 7 });
    expect(told).toMatchObject({ state: 'done', priority: 7, bot: null, parent: null, root: told.id });
    fixture.reopen();
    expect(fixture.queue.get(told.id)).toEqual(told);
    expect(fixture.queue.children(told.id)).toEqual([]);
  });

  it('has ended, whatever is wanted of it', () => {
    const { id } = fixture.answered();
    const { queue } = fixture;
    expect(() => queue.cancel(id)).toThrow(code('TASK_STATE'));
    expect(() => queue.block(id, 'EPOLICY')).toThrow(code('TASK_STATE'));
    expect(() => queue.finish({ id, attempt: 0 }, idOf('other'))).toThrow(code('TASK_STATE'));
    expect(() => queue.mergeNow(id)).toThrow(code('TASK_NO_PARTS'));
    expect(() => queue.get(newTaskId())).toThrow(code('TASK_UNKNOWN'));
  });

  it('is measured once', () => {
    const { id } = fixture.answered();
    expect(fixture.queue.measure(id, false).measured).toBe(false);
    fixture.reopen();
    expect(fixture.queue.get(id).measured).toBe(false);
    expect(() => fixture.queue.measure(id, true)).toThrow(code('TASK_STATE'));
  });

  it('stands in lists where it came', () => {
    const kinds = [
      worked,
      () => fixture.answered(),
      () => fixture.queue.submit(sample()),
      () => fixture.answered(),
    ];
    const tasks = kinds.map((make) => make());
    const other = fixture.answered({ owner: 2000 });
    expect(seqs(tasks)).toEqual([1, 2, 3, 4]);
    const { queue } = fixture;
    expect(seqs(queue.list({ limit: 10 }))).toEqual([5, 4, 3, 2, 1]);
    expect(seqs(queue.list({ limit: 2, before: 5 }))).toEqual([4, 3]);
    expect(seqs(queue.list({ limit: 2, before: 3 }))).toEqual([2, 1]);
    expect(seqs(queue.list({ limit: 3, owner: 1000 }))).toEqual([4, 3, 2]);
    expect(seqs(queue.list({ limit: 10, owner: 1000, state: 'done' }))).toEqual([4, 2, 1]);
    expect(seqs(queue.list({ limit: 10, state: 'done' }))).toEqual([5, 4, 2, 1]);
    expect(seqs(queue.list({ limit: 10, state: 'queued' }))).toEqual([3]);
    expect(queue.list({ limit: 10, owner: 2000 })).toEqual([other]);
  });

  it('goes in the order in which tasks ended, with those that bots did', () => {
    const ended = [worked, () => fixture.answered(), worked, () => fixture.answered()].map((make) => {
      fixture.now += 1;
      return make();
    });
    const left = () => seqs(fixture.queue.list({ limit: 10 })).reverse();
    expect(left()).toEqual(seqs(ended));
    fixture.now += 1;
    for (const gone of [1, 2, 3]) {
      if (gone % 2 === 0) worked();
      else fixture.answered();
      expect(left()[0]).toBe(gone + 1);
      expect(left()).toHaveLength(4);
    }
  });

  it('goes once it is too old, and only then', () => {
    const first = fixture.answered();
    fixture.now += 600;
    const later = [fixture.answered(), fixture.answered({ owner: 2000 })];
    fixture.now += 500;
    expect(fixture.queue.forget()).toBe(1);
    expect(() => fixture.queue.get(first.id)).toThrow(code('TASK_UNKNOWN'));
    expect(seqs(fixture.queue.list({ limit: 10 }))).toEqual(seqs(later).reverse());
    fixture.now += 501;
    expect(fixture.queue.forget()).toBe(2);
    expect(fixture.database.all('SELECT * FROM tallies')).toEqual([]);
  });
});

describe('an answer', () => {
  it('is stored once for all tasks that got it, and told of as long as one of them is kept', () => {
    const result = idOf('known');
    for (let at = 0; at < 3; at++) fixture.answered({ result });
    fixture.answered({ owner: 2000, result });
    expect(answers()).toEqual([{ tasks: 4 }]);
    for (let at = 0; at < 4; at++) fixture.answered({ owner: 1000, result: idOf('another') });
    expect(answers()).toEqual([{ tasks: 1 }, { tasks: 4 }]);
    expect(fixture.queue.tellsOf(result)).toBe(true);
    fixture.now += 1_001;
    fixture.queue.forget();
    expect(answers()).toEqual([]);
    expect(fixture.queue.tellsOf(result)).toBe(false);
  });

  it('says whose it is', () => {
    const source = { key: Buffer.alloc(32, 1), owner: 7, bot: 'other-bot', version: '2.0' };
    const { id } = fixture.answered({ source });
    const found = fixture.database.get(taskSql.sourceOfAnswered, bytesOfTaskId(id));
    expect(found).toEqual(source);
  });
});

it('a database of before keeps its tasks, and numbers go on', () => {
  fixture.database.close();
  const path = join(fixture.directory, 'sherind.db');
  rmSync(path);
  const id = newTaskId();
  const db = new Database(path);
  migrate(db, migrations.slice(0, 9));
  const values = ['done', idOf('old'), idOf('its result'), id];
  db.prepare(
    `INSERT INTO tasks (state, request, result, id, root, owner, domain, department, class, priority, waiting, attempt, failures, composite, depth,
      submittedAt, endedAt) VALUES (?, ?, ?, ?, ?, 1000, 'coding', 'python', 'write', 5, 0, 0, 0, 0, 0, 1, 1)`,
  ).run(...values, id);
  db.prepare(`INSERT INTO sources (task, key, owner, bot, version) VALUES (?, ?, 7, 'bot', '1.0')`).run(
    ...[id, Buffer.alloc(32)],
  );
  db.exec(`INSERT INTO tallies VALUES ('ended-of', '1000', 1)`);
  db.close();
  chmodSync(path, 0o600);
  fixture.database = DaemonDatabase.open(fixture.directory);
  fixture.reopen();
  const old = fixture.queue.get(id);
  expect(old).toMatchObject({ seq: 1, state: 'done', result: idOf('its result') });
  const next = [fixture.answered(), fixture.queue.submit(sample())];
  expect(seqs(next)).toEqual([2, 3]);
  expect(fixture.queue.tellsOf(idOf('its result'))).toBe(true);
  // It is the first to go.
  for (let at = 0; at < 3; at++) fixture.answered();
  expect(seqs(fixture.queue.list({ limit: 10, state: 'done' }))).toEqual([6, 5, 4, 2]);
});
