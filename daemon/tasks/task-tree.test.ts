import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idOf, QueueFixture, sample } from './queue.fixture.js';
import { hasEnded, mergeDomain, type Task } from './task.js';
import type { TaskId } from './task-id.js';

let fixture: QueueFixture;
beforeEach(() => {
  fixture = new QueueFixture();
});
afterEach(() => fixture.end());

const code = (expected: string) => expect.objectContaining({ code: expected });
const stateOf = ({ id }: { readonly id: TaskId }) => fixture.queue.get(id).state;

function begin(domain = 'coding'): Task {
  const task = fixture.queue.begin(domain, 'bot');
  if (task === null) throw new Error(`nothing to begin in ${domain}`);
  return task;
}

function wanted(count: number, domain = 'coding') {
  const work = { domain, department: 'python', class: 'write' };
  return Array.from({ length: count }, (_, at) => ({ request: idOf(at), ...work }));
}

describe('a composite task', () => {
  const domains = ['physics', 'chemistry', 'logic'];
  const submit = () =>
    fixture.queue.submitMulti({
      owner: 1000,
      request: idOf('a question'),
      priority: 8,
      parts: domains.map((domain) => ({ domain, department: 'general', class: 'explain' })),
    });

  it('has a part for each domain, and is merged when all have ended', () => {
    const { parent, parts } = submit();
    expect(parts.map(({ domain }) => domain)).toEqual(domains);
    for (const part of parts) {
      expect(part).toMatchObject({
        owner: 1000,
        priority: 8,
        request: parent.request,
        parent: parent.id,
        depth: 1,
      });
      expect(fixture.queue.begin(mergeDomain, 'merger')).toBeNull();
      fixture.queue.finish(begin(part.domain), idOf(part.domain));
    }
    const merging = begin(mergeDomain);
    expect(merging).toMatchObject({ id: parent.id, composite: true, waiting: 0 });
    expect(fixture.queue.children(parent.id).map(({ result }) => result)).toEqual(domains.map(idOf));
    fixture.queue.finish(merging, idOf('merged'));
    expect(fixture.queue.get(parent.id)).toMatchObject({ state: 'done', result: idOf('merged') });
  });

  it('is merged of what is done, and fails when nothing is', () => {
    const some = submit();
    fixture.queue.fail(begin('physics'), 'IO');
    fixture.queue.cancel(some.parts[1]?.id ?? some.parent.id);
    expect(fixture.queue.begin(mergeDomain, 'merger')).toBeNull();
    fixture.queue.finish(begin('logic'), idOf('logic'));
    expect(begin(mergeDomain).id).toBe(some.parent.id);
    const none = submit();
    for (const { id } of none.parts) fixture.queue.block(id, 'EPOLICY');
    expect(fixture.queue.get(none.parent.id)).toMatchObject({ state: 'failed', error: 'TASK_PARTS_FAILED' });
  });

  it('that is cancelled takes its parts with it', () => {
    const { parent, parts } = submit();
    const running = begin('physics');
    fixture.queue.finish(begin('logic'), idOf('logic'));
    fixture.queue.cancel(parent.id);
    expect(parts.map(stateOf)).toEqual(['cancelled', 'cancelled', 'done']);
    expect(fixture.queue.get(running.id).error).toBe('TASK_PARENT_ENDED');
    expect(() => fixture.queue.finish(running, idOf('late'))).toThrow(code('TASK_STATE'));
  });

  it('names a domain once', () => {
    const part = { domain: 'logic', department: 'general', class: 'prove' };
    const submission = { owner: 1, request: idOf('a question'), parts: [part, part] };
    expect(() => fixture.queue.submitMulti(submission)).toThrow(code('USAGE'));
    expect(() => fixture.queue.submitMulti({ ...submission, parts: [] })).toThrow(code('USAGE'));
  });

  it('has parts that are done from the start, and waits for the others', () => {
    const work = { department: 'general', class: 'explain' };
    const parts = [
      { domain: 'physics', ...work, result: idOf('known') },
      { domain: 'logic', ...work },
    ];
    const { parent, parts: made } = fixture.queue.submitMulti({ owner: 1, request: idOf('a'), parts });
    expect(made.map(({ state, result }) => [state, result])).toEqual([
      ['done', idOf('known')],
      ['queued', null],
    ]);
    expect(fixture.queue.get(parent.id).waiting).toBe(1);
    fixture.queue.finish(begin('logic'), idOf('new'));
    expect(begin(mergeDomain).id).toBe(parent.id);
  });

  it('is merged at once on request: open parts are cancelled, and what is done is merged', () => {
    const { parent, parts } = submit();
    fixture.queue.finish(begin('physics'), idOf('one'));
    expect(fixture.queue.mergeNow(parent.id)).toMatchObject({ state: 'queued', waiting: 0 });
    expect(parts.map(stateOf)).toEqual(['done', 'cancelled', 'cancelled']);
    expect(begin(mergeDomain).id).toBe(parent.id);
    expect(fixture.queue.mergeNow(parent.id).state).toBe('running');
    const other = submit();
    expect(fixture.queue.mergeNow(other.parent.id)).toMatchObject({ error: 'TASK_PARTS_FAILED' });
    const single = fixture.queue.submit(sample());
    expect(() => fixture.queue.mergeNow(single.id)).toThrow(code('TASK_NO_PARTS'));
  });
});

describe('a task that requires others', () => {
  it('waits for them, and goes on when all are done', () => {
    fixture.queue.submit(sample({ priority: 3 }));
    const task = begin();
    const subs = fixture.queue.require(task, wanted(2, 'physics'));
    expect(subs[0]).toMatchObject({ owner: 1000, priority: 3, parent: task.id, root: task.id, depth: 1 });
    expect(fixture.queue.get(task.id)).toMatchObject({ state: 'queued', waiting: 2, failures: 0 });
    expect(() => fixture.queue.finish(task, idOf('early'))).toThrow(code('TASK_STATE'));
    for (let at = 0; at < 2; at++) {
      expect(fixture.queue.begin('coding', 'bot')).toBeNull();
      fixture.queue.finish(begin('physics'), idOf(`part ${at}`));
    }
    const again = begin();
    expect(again).toMatchObject({ id: task.id, attempt: 2, failures: 0 });
    fixture.queue.finish(again, idOf('whole'));
    expect(stateOf(task)).toBe('done');
  });

  it('still waits after a restart', () => {
    fixture.queue.submit(sample());
    const task = begin();
    fixture.queue.require(task, wanted(1, 'physics'));
    begin('physics');
    fixture.reopen();
    expect(fixture.queue.begin('coding', 'bot')).toBeNull();
    fixture.queue.finish(begin('physics'), idOf('part'));
    expect(begin().id).toBe(task.id);
  });

  it('fails with the first of them that is not done, and so do those above; what was still open is cancelled', () => {
    fixture.queue.submit(sample());
    const top = begin();
    const [middle, beside] = fixture.queue.require(top, wanted(2));
    const running = begin();
    expect(running.id).toBe(middle?.id);
    const [low, low2] = fixture.queue.require(running, wanted(2, 'physics'));
    const lost = begin('physics');
    fixture.queue.fail(lost, 'no-tests');
    expect([top, middle, beside, low, low2].map((task) => stateOf(task ?? top))).toEqual([
      ...['failed', 'failed', 'cancelled', 'failed', 'cancelled'],
    ]);
    expect(fixture.queue.get(top.id).error).toBe('TASK_PARTS_FAILED');
  });

  it('goes five levels deep, not six', () => {
    fixture.queue.submit(sample());
    for (let depth = 1; depth <= 5; depth++) {
      const [sub] = fixture.queue.require(begin(), wanted(1));
      expect(sub?.depth).toBe(depth);
    }
    const deepest = begin();
    expect(() => fixture.queue.require(deepest, wanted(1))).toThrow(code('TASK_TREE'));
    expect(stateOf(deepest)).toBe('running');
  });

  it('asks for sixteen in all, and its tree has 256 tasks at most', () => {
    fixture.queue.submit(sample());
    const top = begin();
    expect(() => fixture.queue.require(top, wanted(17))).toThrow(code('USAGE'));
    fixture.queue.require(top, wanted(16, 'physics'));
    let tasks = 17;
    for (let at = 0; at < 16; at++) {
      const sub = begin('physics');
      if (tasks + 16 <= 256) tasks += fixture.queue.require(sub, wanted(16, 'logic')).length;
      else expect(() => fixture.queue.require(sub, wanted(16, 'logic'))).toThrow(code('TASK_TREE'));
    }
    expect(tasks).toBe(241);
    // All that was asked for is done, and the task asks for more.
    fixture.queue.submit(sample({ owner: 2, domain: 'chemistry' }));
    const other = begin('chemistry');
    fixture.queue.require(other, wanted(9, 'maths'));
    for (let at = 0; at < 9; at++) fixture.queue.finish(begin('maths'), idOf(at));
    expect(() => fixture.queue.require(begin('chemistry'), wanted(8, 'maths'))).toThrow(code('TASK_TREE'));
  });

  it('leaves nothing open below it when it is cancelled, however deep', () => {
    fixture.queue.submit(sample());
    const top = begin();
    fixture.queue.require(top, wanted(2));
    fixture.queue.require(begin(), wanted(2));
    fixture.queue.require(begin(), wanted(2));
    fixture.queue.cancel(top.id);
    const tasks = fixture.queue.list({ limit: 100 });
    expect(tasks).toHaveLength(7);
    expect(tasks.every(({ state }) => hasEnded(state))).toBe(true);
    expect(fixture.queue.depths('queued').size).toBe(0);
  });
});
