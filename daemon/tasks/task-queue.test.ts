import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { taskStates } from '../protocol/methods/task.js';
import { idOf, QueueFixture, sample } from './queue.fixture.js';
import { type Task, type TaskState, transitions } from './task.js';
import { asTaskId, newTaskId, type TaskId } from './task-id.js';
import type { TaskChange } from './task-watch.js';

let fixture: QueueFixture;
beforeEach(() => {
  fixture = new QueueFixture({ limits: { open: 12, openPerOwner: 8 } });
});
afterEach(() => fixture.end());

const result = idOf('a result');
const code = (expected: string) => expect.objectContaining({ code: expected });

/** Submits a task and begins it. */
function begun(change = {}): Task {
  fixture.queue.submit(sample(change));
  const task = fixture.queue.begin('coding', 'coder');
  if (task === null) throw new Error('nothing to begin');
  return task;
}

it('the ID of a task is its own, and only one text of it is', () => {
  const ids = Array.from({ length: 1000 }, newTaskId);
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(asTaskId(id)).toBe(id);
  const [id = ''] = ids;
  const others = [
    '',
    't_',
    id.slice(1),
    `${id}a`,
    id.toUpperCase(),
    `${id.slice(0, -1)}1`,
    `t_${'b'.repeat(26)}`,
  ];
  for (const other of others) expect(asTaskId(other), other).toBeUndefined();
});

describe('a task', () => {
  it('is queued, runs and is done, with its times', () => {
    const submitted = fixture.queue.submit(sample({ priority: 7 }));
    expect(submitted).toMatchObject({
      ...sample(),
      priority: 7,
      state: 'queued',
      attempt: 0,
      depth: 0,
      parent: null,
    });
    expect(submitted.submittedAt).toBe(fixture.now);
    fixture.now += 5;
    const running = fixture.queue.begin('coding', 'coder');
    expect(running).toMatchObject({
      id: submitted.id,
      state: 'running',
      attempt: 1,
      bot: 'coder',
      startedAt: fixture.now,
    });
    fixture.now += 7;
    fixture.queue.finish({ id: submitted.id, attempt: 1 }, result);
    const done = { state: 'done', result, error: null, endedAt: fixture.now, submittedAt: fixture.now - 12 };
    expect(fixture.queue.get(submitted.id)).toMatchObject(done);
    fixture.reopen();
    expect(fixture.queue.get(submitted.id)).toMatchObject(done);
  });

  it('takes one result: a second, a late and a foreign answer are refused', () => {
    const first = begun();
    fixture.queue.lose(first, 'TIMEOUT');
    const second = fixture.queue.begin('coding', 'other');
    expect(second).toMatchObject({ id: first.id, attempt: 2, failures: 1, error: 'TIMEOUT' });
    expect(() => fixture.queue.finish(first, idOf('late'))).toThrow(code('TASK_STATE'));
    fixture.queue.finish({ id: first.id, attempt: 2 }, result);
    for (const attempt of [1, 2, 3]) {
      expect(() => fixture.queue.finish({ id: first.id, attempt }, idOf('more'))).toThrow(code('TASK_STATE'));
      expect(() => fixture.queue.fail({ id: first.id, attempt }, 'IO')).toThrow(code('TASK_STATE'));
    }
    expect(fixture.queue.get(first.id)).toMatchObject({ state: 'done', result });
    expect(() => fixture.queue.get(newTaskId())).toThrow(code('TASK_UNKNOWN'));
  });

  it('has failed after three attempts that were lost, with the reason of the last', () => {
    const { id } = begun();
    for (const attempt of [1, 2]) {
      expect(fixture.queue.lose({ id, attempt }, 'IO')).toMatchObject({ state: 'queued', failures: attempt });
      fixture.queue.begin('coding', 'coder');
    }
    expect(fixture.queue.lose({ id, attempt: 3 }, 'TIMEOUT')).toMatchObject({
      state: 'failed',
      error: 'TIMEOUT',
    });
    expect(fixture.queue.begin('coding', 'coder')).toBeNull();
  });

  it('that was running when sherind was killed is begun again, three times in all', () => {
    const { id } = begun();
    for (const failures of [1, 2]) {
      fixture.reopen();
      expect(fixture.queue.get(id)).toMatchObject({ state: 'queued', failures, error: 'INTERRUPTED' });
      fixture.queue.begin('coding', 'coder');
    }
    fixture.reopen();
    expect(fixture.queue.get(id)).toMatchObject({ state: 'failed', failures: 3, error: 'INTERRUPTED' });
  });

  it('that is released counts no failure', () => {
    const { id } = begun();
    for (let attempt = 1; attempt < 10; attempt++) {
      fixture.queue.release({ id, attempt });
      fixture.queue.begin('coding', 'coder');
    }
    expect(fixture.queue.get(id)).toMatchObject({ state: 'running', attempt: 10, failures: 0 });
  });

  it('whose bot says that it can not be done is not tried again', () => {
    const { id } = begun();
    expect(() => fixture.queue.fail({ id, attempt: 1 }, 'some text of its own')).toThrow(code('USAGE'));
    expect(fixture.queue.fail({ id, attempt: 1 }, 'no-tests')).toMatchObject({
      state: 'failed',
      error: 'no-tests',
    });
  });

  it('whose result is known is done from the start', () => {
    const task = fixture.answered({ result });
    expect(task).toMatchObject({ state: 'done', result, bot: null, attempt: 0 });
    expect(fixture.queue.depths('queued').size).toBe(0);
  });

  it('is measured once, and only when it is done', () => {
    const task = begun();
    expect(() => fixture.queue.measure(task.id, true)).toThrow(code('TASK_STATE'));
    fixture.queue.finish(task, result);
    expect(fixture.queue.measure(task.id, false)).toMatchObject({ measured: false });
    expect(() => fixture.queue.measure(task.id, true)).toThrow(code('TASK_STATE'));
    expect(fixture.queue.get(task.id).measured).toBe(false);
  });
});

describe('a state', () => {
  /** Brings a new task to a state. */
  const reach: Readonly<Record<TaskState, () => TaskId>> = {
    queued: () => fixture.queue.submit(sample()).id,
    running: () => begun().id,
    done: () => fixture.queue.finish(begun(), result).id,
    failed: () => fixture.queue.fail(begun(), 'IO').id,
    blocked: () => fixture.queue.block(fixture.queue.submit(sample()).id, 'EPOLICY').id,
    cancelled: () => fixture.queue.cancel(fixture.queue.submit(sample()).id).id,
  };
  /** What should lead to a state, whatever the task's own is. */
  const lead: Readonly<Partial<Record<TaskState, (id: TaskId) => unknown>>> = {
    queued: (id) => fixture.queue.release({ id, attempt: 1 }),
    done: (id) => fixture.queue.finish({ id, attempt: 1 }, result),
    failed: (id) => fixture.queue.fail({ id, attempt: 1 }, 'IO'),
    blocked: (id) => fixture.queue.block(id, 'EPOLICY'),
    cancelled: (id) => fixture.queue.cancel(id),
  };

  it.each(taskStates.flatMap((from) => Object.keys(lead).map((to) => [from, to as TaskState] as const)))(
    '%s leads to %s, or not, as the table says',
    (from, to) => {
      const id = reach[from]();
      // Only what a task waits for fails it in the queue.
      const allowed = transitions[from].includes(to) && !(from === 'queued' && to === 'failed');
      if (allowed) expect(lead[to]?.(id)).toMatchObject({ state: to });
      else expect(() => lead[to]?.(id)).toThrow(code('TASK_STATE'));
      expect(fixture.queue.get(id).state).toBe(allowed ? to : from);
    },
  );
});

describe('what is no submission', () => {
  const blob = 'x'.repeat(10_000);
  it.each(Object.keys(sample()))('has a blob for %s', (field) => {
    const submission = { ...sample(), [field]: blob };
    const named = { code: 'USAGE', message: expect.stringMatching(new RegExp(`^${field}: [A-Za-z :,]+$`)) };
    expect(() => fixture.queue.submit(submission)).toThrow(expect.objectContaining(named));
    expect(fixture.queue.list({ limit: 10 })).toEqual([]);
  });

  it('has a field of its own, a priority or an owner out of range', () => {
    for (const change of [
      { text: 'x' },
      { priority: 10 },
      { priority: -1 },
      { owner: -1 },
      { owner: 2 ** 32 },
    ]) {
      expect(() => fixture.queue.submit(sample(change))).toThrow(code('USAGE'));
      expect(() => fixture.queue.submit(sample(change))).not.toThrow(blob);
    }
  });
});

describe('a full queue', () => {
  it('takes no more of one owner, and of nobody beyond the whole limit', () => {
    for (let at = 0; at < 8; at++) fixture.queue.submit(sample());
    expect(() => fixture.queue.submit(sample())).toThrow(code('TASK_QUEUE_FULL'));
    for (let at = 0; at < 4; at++) fixture.queue.submit(sample({ owner: 2000 }));
    expect(() => fixture.queue.submit(sample({ owner: 3000 }))).toThrow(code('TASK_QUEUE_FULL'));
    expect(fixture.queue.depths('queued')).toEqual(new Map([['coding', 12]]));
    // What runs is open, too; what has ended makes room.
    const task = fixture.queue.begin('coding', 'coder');
    expect(() => fixture.queue.submit(sample({ owner: 3000 }))).toThrow(code('TASK_QUEUE_FULL'));
    if (task !== null) fixture.queue.finish(task, result);
    expect(fixture.queue.submit(sample({ owner: 3000 })).state).toBe('queued');
    expect(fixture.queue.depths('running').size).toBe(0);
    fixture.reopen();
    expect(() => fixture.queue.submit(sample({ owner: 3000 }))).toThrow(code('TASK_QUEUE_FULL'));
  });

  it('takes a composite task as a whole or not at all', () => {
    for (let at = 0; at < 6; at++) fixture.queue.submit(sample());
    const parts = ['a', 'b'].map((domain) => ({ domain, department: 'x', class: 'y' }));
    const submission = { owner: 1000, request: idOf('a request'), parts };
    expect(() => fixture.queue.submitMulti(submission)).toThrow(code('TASK_QUEUE_FULL'));
    expect(fixture.queue.list({ limit: 100 })).toHaveLength(6);
  });
});

describe('a list', () => {
  it('comes in pages, the newest first, of an owner, a state or all', () => {
    for (let at = 0; at < 8; at++) fixture.queue.submit(sample({ owner: 1000 + (at % 2) }));
    const all = fixture.queue.list({ limit: 3 });
    expect(all.map(({ seq }) => seq)).toEqual([8, 7, 6]);
    expect(fixture.queue.list({ limit: 3, before: 6 }).map(({ seq }) => seq)).toEqual([5, 4, 3]);
    expect(fixture.queue.list({ limit: 99, owner: 1001, before: 7 }).map(({ seq }) => seq)).toEqual([
      6, 4, 2,
    ]);
    fixture.queue.cancel(all[0]?.id ?? newTaskId());
    expect(fixture.queue.list({ limit: 9, state: 'cancelled' }).map(({ seq }) => seq)).toEqual([8]);
    expect(fixture.queue.list({ limit: 9, state: 'cancelled', owner: 1000 })).toEqual([]);
    expect(fixture.queue.list({ limit: 0 })).toHaveLength(1);
  });
});

describe('who watches', () => {
  it('hears of every change once it is committed, of what was asked for', () => {
    const heard: TaskChange[] = [];
    const others: TaskChange[] = [];
    const end = fixture.queue.watch.subscribe({ owner: 1000 }, (change) => {
      heard.push(change);
      expect(fixture.queue.get(change.task.id)).toEqual(change.task);
    });
    fixture.queue.watch.subscribe({ owner: 2000 }, (change) => others.push(change));
    const task = begun();
    fixture.queue.finish(task, result);
    expect(() => fixture.queue.cancel(task.id)).toThrow();
    const states = (changes: readonly TaskChange[]) =>
      changes.map(({ from, task: { state } }) => [from, state]);
    const life = [
      [null, 'queued'],
      ['queued', 'running'],
      ['running', 'done'],
    ];
    expect(states(heard)).toEqual(life);
    end();
    const other = fixture.queue.submit(sample({ owner: 2000 }));
    fixture.queue.watch.subscribe({ task: other.id }, (change) => heard.push(change));
    fixture.queue.submit(sample({ owner: 2000 }));
    fixture.queue.cancel(other.id);
    expect(states(heard)).toEqual([...life, ['queued', 'cancelled']]);
    expect(others).toHaveLength(3);
  });

  it('and throws disturbs nobody', () => {
    const heard: TaskState[] = [];
    fixture.queue.watch.subscribe({}, () => {
      throw new Error('on purpose');
    });
    fixture.queue.watch.subscribe({}, ({ task }) => heard.push(task.state));
    expect(fixture.queue.submit(sample()).state).toBe('queued');
    expect(heard).toEqual(['queued']);
  });

  it('hears nothing of what was not committed', () => {
    const heard: TaskChange[] = [];
    fixture.queue.watch.subscribe({}, (change) => heard.push(change));
    const together = () => {
      fixture.queue.submit(sample());
      expect(heard).toEqual([]);
      throw new Error('on purpose');
    };
    expect(() => fixture.database.transaction(together)).toThrow('on purpose');
    expect(heard).toEqual([]);
    expect(fixture.queue.list({ limit: 9 })).toEqual([]);
  });
});

it('what policy does not let begin is blocked from the start, with the reason', () => {
  const id = newTaskId();
  const task = fixture.queue.refused(sample({ id }), 'emergency_stop');
  expect(task).toMatchObject({ id, state: 'blocked', error: 'emergency_stop', endedAt: fixture.now });
  expect(fixture.queue.begin('coding', 'bot')).toBeNull();
  expect(() => fixture.queue.refused(sample(), 'a reason in words')).toThrow();
  expect(() => fixture.queue.submit(sample({ id: 'no task ID' }))).toThrow('a task ID is wanted');
});

it('how much waits is told by users and by share', () => {
  expect(fixture.queue.pressure()).toEqual({ users: 0, share: 0 });
  for (const owner of [1, 1, 2]) fixture.queue.submit(sample({ owner }));
  fixture.queue.refused(sample({ owner: 3 }), 'emergency_stop');
  expect(fixture.queue.pressure()).toEqual({ users: 2, share: 3 / 12 });
});
