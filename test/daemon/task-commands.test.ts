/** `sherinctl task`, against a real vault and a socket like sherind's. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine, type Outcome, sherinctl } from '../vault/machine.js';
import { TaskServer } from './task-server.js';

let machine: Machine;
let server: TaskServer;

beforeAll(async () => {
  expect(existsSync(sherinctl)).toBe(true);
  machine = Machine.start();
  server = await TaskServer.start(machine, join(machine.home, 'run/sherind.sock'));
});
afterAll(async () => {
  await server.end();
  machine.end();
});

const task = (...args: string[]): Promise<Outcome> => machine.begin('task', ...args).outcome;

async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await task(...args, '--json');
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out) as T;
}

interface Submitted {
  readonly task_id: string;
  readonly state: string;
  readonly result_id?: string;
}

it('a text becomes a request in inbox/, its task, and a result that is read at the mount', async () => {
  const submitted = await json<Submitted>('submit', '--domain', 'coding', 'what is six times seven?');
  const [request = ''] = readdirSync(join(machine.mount, 'inbox'));
  expect(readFileSync(join(machine.mount, 'inbox', request), 'utf8')).toBe('what is six times seven?');
  const { code, out } = await task('watch', submitted.task_id);
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`${submitted.task_id}  done  (\\S+)\\n$`));
  const id = out.trim().split('  ').at(-1) ?? '';
  const read = spawnSync('cat', [join(machine.mount, 'ids', id)], { encoding: 'utf8' });
  expect(read.stdout).toMatch(/^result-OUT_/);
  // The same text again is known.
  const again = await json<Submitted>('submit', '--domain', 'coding', 'what is six times seven?');
  expect(again).toMatchObject({ state: 'done', result_id: id });
  const shown = await task('get', submitted.task_id);
  expect(shown.out).toMatch(/^task: {6}t_.*\nstate: {5}done\nrequest: {3}TASK_/);
  expect(shown.out).toContain('work:      coding, general, write\n');
});

it('a request by its ID, to several domains; tasks are listed, the newest first', async () => {
  const first = await json<Submitted>('submit', '--domain', 'logic', '--class', 'prove', 'p or not p');
  const { id } = await json<{ id: string }>('get', first.task_id);
  const multi = await json<Submitted & { parts: object[] }>('submit-multi', id, 'coding', 'logic');
  expect(multi.parts).toHaveLength(2);
  await task('watch', multi.task_id);
  const { tasks } = await json<{ tasks: Submitted[] }>('list', '-n', '3');
  expect(tasks.map(({ task_id }) => task_id)).toContain(multi.task_id);
  expect(tasks).toHaveLength(3);
  const table = (await task('list', '--state', 'done')).out.split('\n');
  expect(table[0]).toMatch(/^task +state +domain +submitted +result or reason$/);
  expect((await task('list', '--state', 'failed')).out).toBe('no tasks\n');
});

it('a list tells why a task failed or was blocked', async () => {
  const usual = server.bots.work;
  server.bots.work = async () => ({ kind: 'error', error: 'NOT_A_QUESTION' });
  const failed = await json<Submitted>('submit', '--domain', 'coding', 'nothing that can be done');
  await task('watch', failed.task_id);
  server.bots.work = usual;
  server.bots.refusal = 'no-simulation-mark';
  const blocked = await json<Submitted>('submit', '--domain', 'coding', 'nothing that may be given');
  await task('watch', blocked.task_id);
  server.bots.refusal = null;
  const { tasks } = await json<{ tasks: object[] }>('list', '-n', '2');
  expect(tasks).toMatchObject([
    { task_id: blocked.task_id, state: 'blocked', error: 'no-simulation-mark' },
    { task_id: failed.task_id, state: 'failed', error: 'NOT_A_QUESTION' },
  ]);
  const table = (await task('list', '-n', '2')).out.split('\n').map((line) => line.split(/ {2,}/));
  expect(table.map((cells) => [cells[1], cells.at(-1)])).toEqual([
    ...[
      ['state', 'result or reason'],
      ['blocked', 'no-simulation-mark'],
      ['failed', 'NOT_A_QUESTION'],
    ],
    [undefined, ''],
  ]);
});

it('what was good is said once, with the same words as in the answer of task get', async () => {
  const { task_id } = await json<Submitted>('submit', '--domain', 'coding', 'to be judged');
  await task('watch', task_id);
  const { code, out } = await task('feedback', task_id, 'good');
  expect([code, out]).toEqual([0, `${task_id}  measured: good\n`]);
  expect((await task('get', task_id)).out).toContain('measured:  good\n');
  const again = await task('feedback', task_id, 'bad');
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('EALREADY to task.feedback')]);
  const other = await json<Submitted>('submit', '--domain', 'coding', 'to be judged, too');
  await task('watch', other.task_id);
  expect(await json('feedback', other.task_id, 'bad')).toEqual({ task_id: other.task_id, verdict: 'bad' });
});

it('parts that are open are not waited for', async () => {
  const usual = server.bots.work;
  server.bots.work = (one, ...rest) =>
    one.domain === 'logic' ? new Promise(() => undefined) : usual(one, ...rest);
  const { task_id, parts } = await json<Submitted & { parts: Submitted[] }>(
    ...['submit-multi', 'half of it is enough', 'coding', 'logic'],
  );
  await task('watch', parts[0]?.task_id ?? '');
  const merged = await task('merge', task_id);
  expect([merged.code, merged.out]).toEqual([0, expect.stringMatching(new RegExp(`^${task_id}  \\w+`))]);
  const { code, out } = await task('watch', task_id);
  expect([code, out]).toEqual([0, expect.stringContaining(`${task_id}  done  `)]);
  expect(await json('merge', task_id)).toMatchObject({ task_id, state: 'done' });
  expect(await json('get', parts[1]?.task_id ?? '')).toMatchObject({ state: 'cancelled' });
  // Nothing of another one is done.
  server.bots.work = () => new Promise(() => undefined);
  const none = await json<Submitted>('submit-multi', 'nothing of it comes', 'coding', 'logic');
  const failed = await task('merge', none.task_id);
  expect([failed.code, failed.out]).toEqual([1, `${none.task_id}  failed\n`]);
  server.bots.work = usual;
});

it('a task is cancelled, and watching it ends', async () => {
  server.bots.work = () => new Promise(() => undefined);
  const { task_id } = await json<Submitted>('submit', '--domain', 'coding', 'without end');
  const watched = task('watch', task_id, '--json');
  expect(await json('cancel', task_id)).toEqual({ task_id, state: 'cancelled' });
  const { code, out } = await watched;
  expect(code).toBe(1);
  expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({ task_id, state: 'cancelled' });
});

it('mistakes are told in one line, with the exit code of their kind', async () => {
  const single = await json<Submitted>('submit', '--domain', 'coding', 'without parts');
  const cases = [
    [['submit', '--domain', 'physics', 'why?'], 5, 'no bot for domain physics — name another one'],
    [['submit', 'why?'], 5, 'no bot for domain planning'],
    [['submit', '--domain', 'cooking', 'why?'], 2, '--domain takes one of'],
    [['submit', '--domain', 'coding', ''], 2, 'the request is empty'],
    [['submit-multi', 'why?', 'cooking'], 2, "'cooking' is no domain"],
    [['get', `t_${'a'.repeat(26)}`], 1, 'ENOENT to task.get: TASK_UNKNOWN — tasks are forgotten'],
    [['get', 'nothing'], 2, 'task.get: task_id: a task ID is wanted — see: sherinctl help task get'],
    [['feedback', `t_${'a'.repeat(26)}`, 'fine'], 2, "the verdict is good or bad, not 'fine'"],
    [['feedback', `t_${'a'.repeat(26)}`, 'good'], 1, 'ENOENT to task.feedback: TASK_UNKNOWN'],
    [['merge', `t_${'a'.repeat(26)}`], 1, 'ENOENT to task.merge: TASK_UNKNOWN'],
    [['merge', single.task_id], 1, 'name the parent that submit-multi gave'],
    [['--runtime-dir', machine.home, 'list'], 6, 'start it with: sherinctl up'],
  ] as const;
  for (const [args, exit, part] of cases) {
    const { code, err } = await task(...args);
    expect([code, err], args.join(' ')).toEqual([exit, expect.stringContaining(part)]);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  }
});
