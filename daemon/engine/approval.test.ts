/** sherind is killed at each point between a person's yes and the end of what it was about, and again while it goes on with that. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { nowNanoseconds } from '../../common/time.js';
import { queuedAction } from '../policy/queue.fixture.js';
import { firstState } from '../policy/state.js';

const child = built(join(import.meta.dirname, 'approval.child.ts'));
const never = -1;
let directories: string[] = [];
afterEach(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
  directories = [];
});

function waiting(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sherin-approval-'));
  directories.push(directory);
  const queue = [queuedAction({ type: 'gc' }, nowNanoseconds())];
  writeFileSync(join(directory, 'state.json'), JSON.stringify({ ...firstState, queue }));
  return directory;
}

function copyOf(directory: string): string {
  const copy = `${directory}-${directories.length}`;
  cpSync(directory, copy, { recursive: true });
  directories.push(copy);
  return copy;
}

/** What it says; null: it was killed. */
function run(directory: string, point: number, approves: 'approve' | 'resume') {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [child, directory, `${point}`, approves],
    { encoding: 'utf8', timeout: 30_000 },
  );
  if (signal === 'SIGKILL') return null;
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { readonly done: number; readonly waiting: number; readonly points: number };
}

/** Before and after each of the two writes to the vault, in the action itself, and at the end. */
const points = [0, 1, 2, 3, 4, 5];

it('an approved action is done once where nobody is killed', () => {
  expect(run(waiting(), never, 'approve')).toEqual({ done: 1, waiting: 0, points: points.length });
});

it.each(points)('and where sherind is killed at point %i, and then again anywhere', (first) => {
  const killed = waiting();
  expect(run(killed, first, 'approve')).toBeNull();
  for (let second = 0; ; second++) {
    const directory = copyOf(killed);
    const again = run(directory, second, 'resume');
    const { done, waiting: left } = again ?? run(directory, never, 'resume') ?? { done: -1, waiting: -1 };
    // Either nobody has said yes yet, or it is done.
    expect([done, left], `killed again at ${second}`).toEqual(first === 0 ? [0, 1] : [1, 0]);
    if (again !== null) break;
  }
});
