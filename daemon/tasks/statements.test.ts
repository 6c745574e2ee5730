/** However many tasks there are, a statement goes by an index, and sorts nothing: shown by SQLite's own plan, not by time. */
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idOf, QueueFixture, sample } from './queue.fixture.js';
import { taskSql } from './statements.js';
import type { Task } from './task.js';
import { newTaskId } from './task-id.js';

let fixture: QueueFixture;
let other: Database.Database;
beforeAll(() => {
  fixture = new QueueFixture({ limits: { open: 100_000, openPerOwner: 90_000 } });
  // One transaction, so that filling it takes no 100,000 syncs.
  fixture.database.transaction(() => {
    for (let at = 0; at < 10; at++) multiply(fixture.queue.submit(sample({ owner: 1, priority: at })), 8000);
    for (let at = 0; at < 500; at++) multiply(fixture.queue.submit(sample({ owner: 2 + at })), 40);
  });
  fixture.database.close();
  other = new Database(join(fixture.directory, 'sherind.db'), { readonly: true });
});
afterAll(() => {
  other.close();
  fixture.end();
});

/** As if a task had been submitted so many times, in a fraction of the time. */
function multiply({ id, owner, domain }: Task, times: number): void {
  const others = `owner, request, domain, department, class, priority, state, waiting, attempt, failures, composite, depth, submittedAt`;
  const copy = `INSERT INTO tasks (id, root, ${others}) SELECT @copy, @copy, ${others} FROM tasks WHERE id = @id`;
  for (let made = 1; made < times; made++) fixture.database.run(copy, { copy: newTaskId(), id });
  const tallied = [
    ['open', 'all'],
    ['open-of', String(owner)],
    ['queued', domain],
  ] as const;
  for (const [kind, name] of tallied) fixture.database.run(taskSql.addTally, kind, name, times - 1);
}

/** A list among the values of a statement, which is walked. */
const ofItsValues = /^(SCAN json_each VIRTUAL TABLE INDEX 1:|(LIST|CORRELATED SCALAR) SUBQUERY \d+)$/;

function planOf(sql: string): string[] {
  const byName = [...sql.matchAll(/@(\w+)/g)].map(([, name = '']) => [name, null]);
  const values = byName.length > 0 ? [Object.fromEntries(byName)] : (sql.match(/\?/g) ?? []).map(() => null);
  const rows = other.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
  return rows.map(({ detail }) => detail).filter((detail) => !ofItsValues.test(detail));
}

describe('a plan', () => {
  it.each(Object.entries(taskSql))('%s searches', (_, sql) => {
    for (const detail of planOf(sql)) {
      expect(detail).toMatch(/^SEARCH /);
      expect(detail).not.toMatch(/TEMP B-TREE/);
    }
  });

  it('of a whole table would be seen', () => {
    expect(planOf('SELECT * FROM tasks WHERE class = ? ORDER BY bot')).toEqual([
      'SCAN tasks',
      'USE TEMP B-TREE FOR ORDER BY',
    ]);
  });
});

it('with 100,000 tasks queued, the next ones are those of other owners first, and no more is taken', () => {
  other.close();
  fixture.reopen();
  const { queue } = fixture;
  expect(() => queue.submit(sample({ owner: 7000 }))).toThrow(
    expect.objectContaining({ code: 'TASK_QUEUE_FULL' }),
  );
  const owners = Array.from({ length: 20 }, () => {
    const task = queue.begin('coding', 'bot');
    if (task !== null) queue.finish(task, idOf(task.seq));
    return task?.owner;
  });
  expect(owners).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  expect(queue.depths('queued').get('coding')).toBe(99_980);
  other = new Database(':memory:');
});
