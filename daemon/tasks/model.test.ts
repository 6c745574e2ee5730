/** Random lives of tasks against a reference that keeps them in a list, and what must hold in every tree. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idOf, QueueFixture, sample } from './queue.fixture.js';
import { hasEnded, mergeDomain, type Task } from './task.js';
import type { TaskId } from './task-id.js';
import type { TaskQueue } from './task-queue.js';

const domains = ['coding', 'physics', mergeDomain] as const;
const domain = fc.constantFrom('coding', 'physics');
const owner = fc.integer({ min: 1, max: 4 });
const nth = fc.nat(30);

type Command =
  | { readonly do: 'submit'; readonly owner: number; readonly domain: string; readonly priority: number }
  | { readonly do: 'begin'; readonly domain: string }
  | { readonly do: 'finish' | 'fail' | 'lose' | 'release' | 'cancel' | 'block'; readonly nth: number }
  | { readonly do: 'restart' };

const simple: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('submit' as const), owner, domain, priority: fc.nat(9) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('begin' as const), domain }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('finish', 'fail', 'lose', 'release', 'cancel', 'block'),
      nth,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

type Known = Pick<Task, 'id' | 'owner' | 'domain' | 'priority' | 'state' | 'attempt' | 'failures' | 'result'>;

/** Tasks without trees, as simply as they can be said. */
class Reference {
  readonly tasks: Known[] = [];
  readonly #turns = new Map<string, number>();

  next(domain: string): Known | undefined {
    const ready = this.tasks.filter((task) => task.domain === domain && task.state === 'queued');
    const owners = [...new Set(ready.map((task) => task.owner))].sort((a, b) => a - b);
    const turn = owners.find((uid) => uid > (this.#turns.get(domain) ?? -1)) ?? owners[0];
    if (turn !== undefined) this.#turns.set(domain, turn);
    // Sorting is stable: of equal priorities the first stays first.
    return ready.filter((task) => task.owner === turn).sort((a, b) => b.priority - a.priority)[0];
  }

  set(id: TaskId, change: Partial<Known>): void {
    const at = this.tasks.findIndex((task) => task.id === id);
    const task = this.tasks[at];
    if (task !== undefined) this.tasks[at] = { ...task, ...change };
  }

  lose({ id, failures }: Known): void {
    this.set(id, { failures: failures + 1, state: failures + 1 < 3 ? 'queued' : 'failed' });
  }
}

function perform(command: Command, fixture: QueueFixture, reference: Reference): void {
  const { queue } = fixture;
  if (command.do === 'submit') {
    const { owner, domain, priority } = command;
    const { id } = queue.submit(sample({ owner, domain, priority }));
    reference.tasks.push({
      id,
      owner,
      domain,
      priority,
      state: 'queued',
      attempt: 0,
      failures: 0,
      result: null,
    });
  } else if (command.do === 'begin') {
    const task = reference.next(command.domain);
    expect(queue.begin(command.domain, 'bot')?.id).toBe(task?.id);
    if (task !== undefined) reference.set(task.id, { state: 'running', attempt: task.attempt + 1 });
  } else if (command.do === 'restart') {
    for (const task of reference.tasks) if (task.state === 'running') reference.lose(task);
    fixture.reopen();
  } else if (command.do === 'cancel' || command.do === 'block') {
    const task = reference.tasks[command.nth % Math.max(reference.tasks.length, 1)];
    if (task === undefined) return;
    const end = () => (command.do === 'cancel' ? queue.cancel(task.id) : queue.block(task.id, 'EPOLICY'));
    if (hasEnded(task.state)) expect(end).toThrow(expect.objectContaining({ code: 'TASK_STATE' }));
    else reference.set(task.id, { state: end().state });
  } else {
    const running = reference.tasks.filter(({ state }) => state === 'running');
    const task = running[command.nth % Math.max(running.length, 1)];
    if (task === undefined) return;
    if (command.do === 'lose') {
      queue.lose(task, 'IO');
      reference.lose(task);
    } else if (command.do === 'finish') {
      const result = idOf(task.id);
      queue.finish(task, result);
      reference.set(task.id, { state: 'done', result });
    } else if (command.do === 'fail') reference.set(task.id, { state: queue.fail(task, 'IO').state });
    else reference.set(task.id, { state: queue.release(task).state });
  }
}

/** All there are, page by page, the newest first. */
function allOf(queue: TaskQueue): Task[] {
  const tasks: Task[] = [];
  for (let page = queue.list({ limit: 100 }); page.length > 0; ) {
    tasks.push(...page);
    page = queue.list({ limit: 100, before: page.at(-1)?.seq ?? 0 });
  }
  return tasks;
}

/** The counts that are kept are those of the tasks there are. */
function requireCounts(
  { queue, database }: QueueFixture,
  tasks: readonly Pick<Task, 'domain' | 'state' | 'owner'>[],
) {
  for (const state of ['queued', 'running'] as const) {
    const counted = domains.map(
      (name) => tasks.filter((task) => task.domain === name && task.state === state).length,
    );
    expect(domains.map((name) => queue.depths(state).get(name) ?? 0)).toEqual(counted);
  }
  const open = tasks.filter(({ state }) => !hasEnded(state)).length;
  expect(database.get(`SELECT tasks FROM tallies WHERE kind = 'open'`)).toEqual(
    open === 0 ? undefined : { tasks: open },
  );
  const sum = `SELECT total(tasks) AS tasks FROM tallies WHERE kind IN ('open-of', 'ended-of')`;
  expect(database.get(sum)).toEqual({ tasks: tasks.length });
}

it('a queue does what a list of tasks would do', () => {
  fc.assert(
    fc.property(fc.array(simple, { maxLength: 40 }), (commands) => {
      const fixture = new QueueFixture();
      const reference = new Reference();
      try {
        for (const command of commands) perform(command, fixture, reference);
        const tasks = allOf(fixture.queue).reverse();
        expect(tasks).toMatchObject(reference.tasks);
        expect(tasks).toHaveLength(reference.tasks.length);
        requireCounts(fixture, tasks);
      } finally {
        fixture.end();
      }
    }),
    { numRuns: 40 },
  );
});

type Step = 'multi' | 'submit' | 'begin' | 'require' | 'finish' | 'fail' | 'lose' | 'cancel' | 'restart';
const steps = fc.array(
  fc.tuple(
    fc.constantFrom<Step>(
      'multi',
      'submit',
      'begin',
      'begin',
      'begin',
      'require',
      'require',
      'finish',
      'finish',
    ),
    nth,
  ),
  { minLength: 5, maxLength: 30 },
);
const rare = fc.array(fc.tuple(fc.constantFrom<Step>('fail', 'lose', 'cancel', 'restart'), nth), {
  maxLength: 4,
});

function step(fixture: QueueFixture, what: Step, nth: number): void {
  const { queue } = fixture;
  const work = { department: 'x', class: 'y' };
  const request = idOf(nth);
  const running = queue.list({ limit: 100, state: 'running' });
  const task = running[nth % Math.max(running.length, 1)];
  if (what === 'multi') {
    const parts = ['coding', 'physics'].map((domain) => ({ domain, ...work }));
    queue.submitMulti({ owner: 1 + (nth % 3), request, parts });
  } else if (what === 'submit') queue.submit(sample({ owner: 1 + (nth % 3) }));
  else if (what === 'begin') queue.begin(domains[nth % 3] ?? '', 'bot');
  else if (what === 'restart') fixture.reopen();
  else if (what === 'cancel') {
    const open = queue.list({ limit: 100 }).filter(({ state }) => !hasEnded(state));
    const one = open[nth % Math.max(open.length, 1)];
    if (one !== undefined) queue.cancel(one.id);
  } else if (task === undefined) return;
  else if (what === 'finish') queue.finish(task, request);
  else if (what === 'fail') queue.fail(task, 'IO');
  else if (what === 'lose') queue.lose(task, 'IO');
  else if (task.depth < 5) {
    const sub = { request, domain: nth % 2 === 0 ? 'coding' : 'physics', ...work };
    queue.require(task, [sub, sub].slice(nth % 2));
  }
}

it('trees of tasks: nothing open below what has ended, and each waits for as many as are open', () => {
  fc.assert(
    fc.property(steps, rare, steps, (first, between, last) => {
      const fixture = new QueueFixture();
      try {
        for (const [what, nth] of [...first, ...between, ...last]) step(fixture, what, nth);
        const tasks = allOf(fixture.queue);
        for (const task of tasks) {
          const open = fixture.queue.children(task.id).filter(({ state }) => !hasEnded(state)).length;
          expect(task.waiting).toBe(open);
          if (hasEnded(task.state)) expect(open).toBe(0);
          if (task.state === 'running') expect(task.waiting).toBe(0);
          expect(task.endedAt !== null).toBe(hasEnded(task.state));
          expect(task.result !== null).toBe(task.state === 'done');
        }
        requireCounts(fixture, tasks);
      } finally {
        fixture.end();
      }
    }),
    { numRuns: 50 },
  );
});
