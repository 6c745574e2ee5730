import { afterEach, beforeEach, expect, it } from 'vitest';
import { QueueFixture, sample } from './queue.fixture.js';

let fixture: QueueFixture;
beforeEach(() => {
  fixture = new QueueFixture();
});
afterEach(() => fixture.end());

/** Owners of the next tasks, in order. */
function owners(count: number): number[] {
  return Array.from({ length: count }, () => fixture.queue.begin('coding', 'coder')?.owner ?? -1);
}

it('owners take turns, however many tasks one of them has', () => {
  for (let at = 0; at < 50; at++) fixture.queue.submit(sample({ owner: 1 }));
  for (const owner of [2, 3]) for (let at = 0; at < 3; at++) fixture.queue.submit(sample({ owner }));
  expect(owners(12)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 1, 1]);
  fixture.queue.submit(sample({ owner: 0 }));
  fixture.queue.submit(sample({ owner: 4 }));
  expect(owners(4)).toEqual([4, 0, 1, 1]);
});

it('a priority is one among the own tasks only', () => {
  for (const priority of [0, 9, 5]) fixture.queue.submit(sample({ owner: 1, priority }));
  for (const priority of [1, 1, 2]) fixture.queue.submit(sample({ owner: 2, priority }));
  const tasks = Array.from({ length: 6 }, () => fixture.queue.begin('coding', 'coder'));
  expect(tasks.map((task) => [task?.owner, task?.priority, task?.seq])).toEqual([
    [1, 9, 2],
    [2, 2, 6],
    [1, 5, 3],
    [2, 1, 4],
    [1, 0, 1],
    [2, 1, 5],
  ]);
});

it('a task that was lost keeps its place', () => {
  const first = fixture.queue.submit(sample());
  fixture.queue.submit(sample());
  const task = fixture.queue.begin('coding', 'coder');
  if (task !== null) fixture.queue.lose(task, 'TIMEOUT');
  expect(fixture.queue.begin('coding', 'coder')?.id).toBe(first.id);
});

it('domains do not wait for each other, and turns outlast a restart', () => {
  for (const owner of [1, 2, 3]) fixture.queue.submit(sample({ owner }));
  fixture.queue.submit(sample({ owner: 1, domain: 'physics' }));
  expect(owners(1)).toEqual([1]);
  expect(fixture.queue.begin('physics', 'physicist')?.owner).toBe(1);
  expect(fixture.queue.begin('chemistry', 'chemist')).toBeNull();
  fixture.reopen();
  expect(owners(3)).toEqual([2, 3, 1]);
});
