import type { SherinId } from '../../common/ids.js';
import { hasEnded, type Task, type TaskState } from './task.js';
import type { TaskTable } from './task-table.js';

/** How a task ends. */
export type End =
  | { readonly state: 'done'; readonly result: SherinId }
  | { readonly state: Exclude<TaskState, 'queued' | 'running' | 'done'>; readonly error: string | null };

/**
 * Ends a task and does what follows for its tree: what still runs or waits below it is cancelled, and the task above it goes on, or fails because a result
 * that it needs will not come. So nothing below an ended task is open.
 * @throws SherinError TASK_STATE
 */
export function endTask(table: TaskTable, task: Task, end: End, now: number): Task {
  const ended = table.change(task, {
    state: end.state,
    waiting: 0,
    result: end.state === 'done' ? end.result : null,
    error: end.state === 'done' ? null : end.error,
    endedAt: now,
  });
  cancelBelow(table, ended, now);
  if (ended.parent !== null) childEnded(table, table.get(ended.parent), ended, now);
  return ended;
}

function cancelBelow(table: TaskTable, task: Task, now: number): void {
  for (const child of table.children(task.id)) {
    if (hasEnded(child.state)) continue;
    const cancelled = { state: 'cancelled', waiting: 0, error: 'TASK_PARENT_ENDED', endedAt: now } as const;
    cancelBelow(table, table.change(child, cancelled), now);
  }
}

function childEnded(table: TaskTable, parent: Task, child: Task, now: number): void {
  if (hasEnded(parent.state)) return;
  const waiting = parent.waiting - 1;
  if (!lost(table, parent, child, waiting)) {
    table.change(parent, { waiting });
    return;
  }
  endTask(table, parent, { state: 'failed', error: 'TASK_PARTS_FAILED' }, now);
}

/** A sub-task is needed; of the parts of a composite task one result is enough to be merged. */
function lost(table: TaskTable, parent: Task, child: Task, waiting: number): boolean {
  if (!parent.composite) return child.state !== 'done';
  return waiting === 0 && table.children(parent.id).every(({ state }) => state !== 'done');
}
