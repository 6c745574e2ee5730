/** kill -9 while it works: no task is lost, none is done twice, and what was told stays so. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { idOf, QueueFixture } from './queue.fixture.js';
import { asTaskId, type TaskId } from './task-id.js';

const rounds = 6;
const worker = built(join(import.meta.dirname, 'worker.child.ts'));

let fixture: QueueFixture;
beforeEach(() => {
  fixture = new QueueFixture();
  fixture.database.close();
});
afterEach(() => fixture.end());

/** What a worker says until it is killed, `lines` lines and some microseconds after its start. */
function killed(lines: number, more: number): Promise<string[]> {
  const child = spawn(process.execPath, [worker, fixture.directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
    if (child.killed || said.split('\n').length <= lines) return;
    const until = process.hrtime.bigint() + BigInt(more) * 1000n;
    while (process.hrtime.bigint() < until);
    child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(said.split('\n').slice(0, -1));
      else reject(new Error('the worker ended by itself'));
    });
  });
}

function idIn(text = ''): TaskId {
  const id = asTaskId(text);
  if (id === undefined) throw new Error(`no task ID: ${text}`);
  return id;
}

it(`survives it ${rounds} times`, async () => {
  const submitted = new Set<TaskId>();
  const done = new Map<TaskId, string>();
  for (let round = 0; round < rounds; round++) {
    const lines = await killed(1 + ((round * 7) % 20), (round * 137) % 3000);
    for (const line of lines) {
      const [what, text, result = ''] = line.split(' ');
      const id = idIn(text);
      if (what === 'submitted') submitted.add(id);
      if (what !== 'done') continue;
      expect(done.has(id), 'done twice').toBe(false);
      done.set(id, result);
    }
    fixture.reopen();
    expect(fixture.queue.list({ state: 'running', limit: 1 })).toEqual([]);
    for (const [id, result] of done) expect(fixture.queue.get(id)).toMatchObject({ state: 'done', result });
    fixture.database.close();
  }
  fixture.reopen();
  for (let task = fixture.queue.begin('coding', 'worker'); task !== null; ) {
    expect(done.has(task.id)).toBe(false);
    fixture.queue.finish(task, idOf(task.id));
    task = fixture.queue.begin('coding', 'worker');
  }
  for (const id of submitted) expect(['done', 'failed']).toContain(fixture.queue.get(id).state);
  expect(submitted.size).toBeGreaterThan(rounds);
});
