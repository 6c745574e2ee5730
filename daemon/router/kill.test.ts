/** kill -9 while tasks are submitted and worked on: what was told stays so, and the rest is done after the start. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { asTaskId, type TaskId } from '../tasks/task-id.js';
import { RoomFixture } from './room.fixture.js';

const rounds = 4;
const program = built(join(import.meta.dirname, 'work.child.ts'));

let room: RoomFixture;
beforeEach(async () => {
  room = new RoomFixture();
  await room.close();
});
afterEach(() => room.end());

/** What the program says until it is killed, after so many lines. */
async function killed(name: string, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, room.directory, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  }
  return said;
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
    for (const line of await killed(`round ${round}`, 10 + round * 7)) {
      const [what, id, result = ''] = line.split(' ');
      submitted.add(idIn(id));
      if (what === 'done') done.set(idIn(id), result);
    }
  }
  room.reopen();
  for (const [id, result] of done) expect(room.tasks.get(id)).toMatchObject({ state: 'done', result });
  room.tasks.start();
  for (const id of submitted) expect(await room.ended(id)).toMatchObject({ state: 'done' });
  expect(submitted.size).toBeGreaterThan(rounds);
  expect(done.size).toBeGreaterThan(0);
});
