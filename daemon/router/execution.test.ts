/** Layer 2 with bots that are real processes: what they answer, and what happens when they do not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SherinError } from '../../common/errors.js';
import type { Task } from '../tasks/task.js';
import type { TaskId } from '../tasks/task-id.js';
import { TaskQueue } from '../tasks/task-queue.js';
import type { Outcome } from './bots.js';
import { idOf, RoomFixture, type Work } from './room.fixture.js';

let room: RoomFixture;
/** Processes that were started, and have not ended. */
let pids: Set<number>;

/** A bot that is a shell script; it prints an ID, or nothing. It is killed when its attempt is stopped. */
function script(text: (task: Task) => string): Work {
  return async (task, _, signal): Promise<Outcome> => {
    const child = spawn('sh', ['-c', text(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = child.pid ?? -1;
    pids.add(pid);
    child.once('close', () => pids.delete(pid));
    signal.addEventListener('abort', () => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
    });
    const [exit] = await once(child, 'close');
    if (exit !== 0) throw new SherinError('BOT_LOST');
    return said === ''
      ? { kind: 'error', error: 'nothing-found' }
      : { kind: 'result', written: idOf(said, 'OUT') };
  };
}

const answers = script(({ request }) => `echo ${request}`);
const hangs = script(() => 'exec sleep 1000');
const code = (expected: string) => expect.objectContaining({ code: expected });

beforeEach(() => {
  room = new RoomFixture();
  pids = new Set();
  room.tasks.start();
});
afterEach(() => room.end());

async function submitted(name: string | number, more: object = {}): Promise<TaskId> {
  return (await room.submit(name, more)).task;
}

function running(id: TaskId): Promise<Task> {
  return room.until(id, ({ state }) => state === 'running');
}

/** Waits until no process of a bot and no grant is left. */
async function allEnded(): Promise<void> {
  const { open } = room.bots;
  for (let tries = 0; pids.size + open.size > 0 && tries < 1000; tries++) await sleep(10);
  expect([[...pids], [...open]]).toEqual([[], []]);
}

describe('a task', () => {
  it('is granted its request, and its result is taken after the gate has passed it', async () => {
    room.bots.work = answers;
    const id = await submitted('a');
    const task = await room.ended(id);
    expect(task).toMatchObject({ state: 'done', bot: 'coding-bot', attempt: 1, failures: 0 });
    expect(task.result).toMatch(/^RESULT_/);
    expect(room.bots.granted).toEqual([
      { task: id, attempt: 1, bot: 'coding-bot', version: '1.0', objects: [idOf('a')] },
    ]);
    await allEnded();
  });

  it('that the gate does not pass is blocked, and has no result', async () => {
    room.bots.work = answers;
    room.bots.refusal = 'no-simulation-mark';
    const task = await room.ended(await submitted('a'));
    expect(task).toMatchObject({ state: 'blocked', result: null, error: 'no-simulation-mark' });
    room.bots.refusal = null;
    expect((await room.submit('a')).state).toBe('queued');
  });

  it('whose bot says that it can not be done has failed, and is not tried again', async () => {
    room.bots.work = script(() => 'true');
    const task = await room.ended(await submitted('a'));
    expect(task).toMatchObject({ state: 'failed', error: 'nothing-found', attempt: 1 });
  });

  it('whose bot dies is tried three times', async () => {
    room.bots.work = script(() => 'kill -9 $$');
    const task = await room.ended(await submitted('a'));
    expect(task).toMatchObject({ state: 'failed', error: 'BOT_LOST', attempt: 3, failures: 3 });
    expect(room.bots.granted).toHaveLength(3);
    await allEnded();
  });

  it('whose second bot lives is done', async () => {
    room.bots.work = script(({ attempt, request }) => (attempt === 1 ? 'exit 1' : `echo ${request}`));
    const task = await room.ended(await submitted('a'));
    expect(task).toMatchObject({ state: 'done', attempt: 2, failures: 1 });
  });

  it('that takes too long is lost, and its bot is stopped', async () => {
    room.bots.put('coding', { timeout: 20 });
    room.bots.work = hangs;
    const task = await room.ended(await submitted('a'));
    expect(task).toMatchObject({ state: 'failed', error: 'TIMEOUT', attempt: 3 });
    await allEnded();
  });

  it('is not waited for longer when the bot can not even be stopped', async () => {
    room.bots.put('coding', { timeout: 20 });
    room.bots.work = () => new Promise(() => undefined);
    const task = await room.ended(await submitted('a'));
    expect(task).toMatchObject({ state: 'failed', error: 'TIMEOUT' });
  });

  it('that is cancelled stops its bot, and what is below it', async () => {
    room.bots.work = hangs;
    const id = await submitted('a');
    await running(id);
    expect(room.tasks.cancel(id).state).toBe('cancelled');
    await allEnded();
    expect(room.tasks.cancel(id).state).toBe('cancelled');
    expect(room.tasks.get(id)).toMatchObject({ state: 'cancelled', attempt: 1, failures: 0 });
  });
});

describe('sub-tasks', () => {
  const requires: Work = async (task, grant) =>
    task.depth === 0 && grant.objects.length === 1
      ? { kind: 'requires', requests: [idOf('part 1', 'OUT'), idOf('part 2', 'OUT')] }
      : { kind: 'result', written: idOf(grant.objects.join(), 'OUT') };

  it('are done first, and their results granted', async () => {
    room.bots.planner = {
      version: '1.0',
      classify: async () => ({ domain: 'logic', department: 'puzzles', class: 'solve' }),
    };
    room.bots.work = requires;
    await room.restart();
    const id = await submitted('a');
    expect(await room.ended(id)).toMatchObject({ state: 'done', attempt: 2 });
    const last = room.bots.granted.at(-1);
    expect(last?.objects).toHaveLength(3);
    expect(last?.objects[0]).toBe(idOf('a'));
    const subs = room.tasks.list({ limit: 10 }).filter(({ parent }) => parent === id);
    expect(subs.map(({ domain, owner, state }) => [domain, owner, state])).toEqual([
      ...[
        ['logic', 1000, 'done'],
        ['logic', 1000, 'done'],
      ],
    ]);
  });

  it('are classified for who submitted the task, with the groups that the user database knows', async () => {
    const owner = { uid: 1000, gid: 60, groups: [61, 62], pid: null };
    const askers: unknown[] = [];
    room.bots.identityOf = (uid) => ({ ...owner, uid });
    room.bots.planner = {
      version: '1.0',
      classify: async (_, asker) => {
        askers.push(asker);
        return { domain: 'logic', department: 'puzzles', class: 'solve' };
      },
    };
    room.bots.work = requires;
    await room.restart();
    expect((await room.ended(await submitted('a'))).state).toBe('done');
    expect(askers).toEqual([owner, owner]);
  });

  it('that nobody can classify are the end of the task', async () => {
    room.bots.work = requires;
    expect(await room.ended(await submitted('a'))).toMatchObject({ state: 'failed', error: 'NO_BOT' });
  });
});

describe('the queue', () => {
  it('is left in the step that stores a task, where there is room', async () => {
    const id = await submitted('a');
    expect(room.tasks.get(id)).toMatchObject({ state: 'running', attempt: 1 });
    await room.ended(id);
  });

  it('keeps its tasks where the emergency stop is set before that step', async () => {
    const submitting = submitted('a');
    while (room.objects.asked === 0) await Promise.resolve();
    for (let ticks = 0; ticks < 50; ticks++) await Promise.resolve();
    room.policy.set({ stop: 'on' });
    const id = await submitting;
    expect(room.tasks.get(id)).toMatchObject({ state: 'queued', attempt: 0 });
    expect(room.bots.granted).toEqual([]);
    room.policy.set({ stop: 'off' });
    expect((await room.ended(id)).state).toBe('done');
  });

  it('is not looked at for what was answered from memory', async () => {
    await room.ended(await submitted('a'));
    for (let turns = 0; turns < 5; turns++) await setImmediate();
    const looks = vi.spyOn(TaskQueue.prototype, 'depths');
    try {
      const known = await submitted('a');
      expect(room.tasks.get(known)).toMatchObject({ state: 'done', bot: null });
      for (let turns = 0; turns < 5; turns++) await setImmediate();
      expect(looks).not.toHaveBeenCalled();
    } finally {
      looks.mockRestore();
    }
  });

  it('is looked at again where a task could not be begun', async () => {
    const begin = vi.spyOn(TaskQueue.prototype, 'begin');
    begin.mockReturnValueOnce(null);
    begin.mockImplementationOnce(() => {
      throw new SherinError('NO_SPACE');
    });
    const id = await submitted('a');
    expect((await room.ended(id)).state).toBe('done');
    begin.mockRestore();
  });

  it('asks for the grant before it commits what begins, and not after', async () => {
    const granted: number[] = [];
    const end = room.tasks.watch.subscribe({}, ({ task }) => {
      if (task.state === 'running') granted.push(room.bots.granted.length);
    });
    await room.ended(await submitted('a'));
    end();
    expect(granted).toEqual([1]);
  });

  it('ends the grant of what could not begin, before it begins once more', async () => {
    const real = TaskQueue.prototype.begin;
    const begin = vi.spyOn(TaskQueue.prototype, 'begin');
    begin.mockReturnValueOnce(null);
    begin.mockImplementationOnce(function (this: TaskQueue, ...of) {
      return real.apply(this, of);
    });
    begin.mockImplementationOnce(() => {
      throw new SherinError('NO_SPACE');
    });
    const steps: string[] = [];
    const { add, end, takeResult } = room.bots.grants;
    room.bots.grants.add = (grant) => {
      steps.push(`add ${grant.attempt}`);
      return add(grant);
    };
    room.bots.grants.end = (grant) => {
      steps.push(`end ${grant.attempt}`);
      return end(grant);
    };
    room.bots.grants.takeResult = (grant, ...how) => {
      steps.push(`take ${grant.attempt}`);
      return takeResult(grant, ...how);
    };
    const id = await submitted('a');
    expect(await room.ended(id)).toMatchObject({ state: 'done', attempt: 1 });
    await allEnded();
    expect(steps).toEqual(['add 1', 'end 1', 'add 1', 'take 1']);
    begin.mockRestore();
  });

  it('ends the grants of a result that is not taken', async () => {
    const ended: string[] = [];
    const { end, takeResult } = room.bots.grants;
    room.bots.grants.end = (grant) => {
      ended.push(`bot ${grant.attempt}`);
      return end(grant);
    };
    const { judge } = room.bots.gate;
    room.bots.gate.judge = async (...what) => ({
      ...(await judge(...what)),
      shut: async () => void ended.push('judge'),
    });
    room.bots.grants.takeResult = async (grant, ...how) => {
      if (grant.attempt === 1) throw new SherinError('RESULT_REFUSED', { bot: 'it', part: 'it has changed' });
      return takeResult(grant, ...how);
    };
    expect(await room.ended(await submitted('a'))).toMatchObject({ state: 'done', attempt: 2 });
    await allEnded();
    expect(ended).toEqual(['judge', 'bot 1']);
    expect(room.bots.open.size).toBe(0);
  });

  it('asks for no grant before what begins is stored, after one that was not', async () => {
    const real = TaskQueue.prototype.begin;
    const begin = vi.spyOn(TaskQueue.prototype, 'begin');
    begin.mockReturnValueOnce(null);
    for (const _ of [1, 2]) {
      begin.mockImplementationOnce(function (this: TaskQueue, ...of) {
        return real.apply(this, of);
      });
      begin.mockImplementationOnce(() => {
        throw new SherinError('NO_SPACE');
      });
    }
    const { add } = room.bots.grants;
    let asked = 0;
    room.bots.grants.add = (grant) => {
      asked += 1;
      return add(grant);
    };
    expect(await room.ended(await submitted('a'))).toMatchObject({ state: 'done', attempt: 1 });
    // Of the first that failed, and of the one that began.
    expect(asked).toBe(2);
    begin.mockRestore();
  });

  it('ends a grant that nobody waits for any longer, which could come yet', async () => {
    const ended: number[] = [];
    const { add, end } = room.bots.grants;
    room.bots.grants.add = (grant) => {
      if (grant.attempt > 1) return add(grant);
      return Promise.reject(new SherinError('TIMEOUT', { what: 'grant.add', seconds: 120 }));
    };
    room.bots.grants.end = (grant) => {
      ended.push(grant.attempt);
      return end(grant);
    };
    expect(await room.ended(await submitted('a'))).toMatchObject({ state: 'done', attempt: 2 });
    expect(ended[0]).toBe(1);
  });

  it('gives no more than there is room for', async () => {
    let most = 0;
    room.bots.work = async (task) => {
      most = Math.max(most, room.bots.running.size);
      await sleep(1);
      return { kind: 'result', written: idOf(task.request, 'OUT') };
    };
    const ids = await Promise.all(Array.from({ length: 20 }, (_, at) => submitted(at)));
    for (const id of ids) expect((await room.ended(id)).state).toBe('done');
    expect(most).toBe(2);
  });

  it('waits while no bot works in a domain, and goes on when one does', async () => {
    room.bots.capacity = 0;
    const id = await submitted('a');
    expect(room.tasks.get(id).state).toBe('queued');
    room.bots.capacity = 2;
    room.tasks.wake();
    expect((await room.ended(id)).state).toBe('done');
  });

  it('waits while the vault is closed, without blame', async () => {
    room.bots.fault = new SherinError('LOCKED');
    const id = await submitted('a');
    await room.until(id, ({ attempt, state }) => attempt > 0 && state === 'queued');
    room.bots.fault = null;
    expect(await room.ended(id)).toMatchObject({ state: 'done', failures: 0 });
  });

  it('is lost to nobody whose request has gone', async () => {
    room.bots.fault = new SherinError('ID_UNKNOWN', { id: idOf('a') });
    expect(await room.ended(await submitted('a'))).toMatchObject({ state: 'failed', error: 'ID_UNKNOWN' });
  });
});

describe('an end', () => {
  it('by a clean stop queues again what ran, without blame, and it is done after the start', async () => {
    room.bots.work = hangs;
    const id = await submitted('a');
    await running(id);
    room.bots.capacity = 0;
    await room.restart();
    await allEnded();
    expect(room.bots.stops).toBe(1);
    expect(room.tasks.get(id)).toMatchObject({ state: 'queued', failures: 0 });
    room.bots.work = answers;
    room.bots.capacity = 2;
    room.tasks.wake();
    expect(await room.ended(id)).toMatchObject({ state: 'done', attempt: 2, failures: 0 });
  });

  it('by the emergency stop does, too, and nothing is begun until it is cleared', async () => {
    room.bots.work = hangs;
    const id = await submitted('a');
    await running(id);
    room.policy.set({ stop: 'on' });
    await allEnded();
    expect(await room.until(id, ({ state }) => state === 'queued')).toMatchObject({ failures: 0 });
    room.tasks.wake();
    room.bots.work = answers;
    expect(room.bots.granted).toHaveLength(1);
    room.policy.set({ stop: 'off' });
    expect(await room.ended(id)).toMatchObject({ state: 'done', attempt: 2 });
  });

  it('leaves nothing that could be used', async () => {
    await room.end();
    await expect(room.submit('a')).rejects.toThrow(code('DAEMON_DATABASE'));
  });
});
