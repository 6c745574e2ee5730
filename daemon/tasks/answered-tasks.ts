import type { DaemonDatabase } from '../database/database.js';
import type { Answered, AnsweredTable } from './answered-table.js';
import type { Forgetting } from './retention.js';
import type { Tallies } from './tallies.js';
import type { Task } from './task.js';
import type { TaskWatch } from './task-watch.js';

export interface AnsweredParts {
  readonly database: DaemonDatabase;
  readonly table: AnsweredTable;
  readonly tallies: Tallies;
  readonly watch: TaskWatch;
  readonly forgetting: Forgetting;
}

/** Tasks that are done from the start. They come in thousands a second, so many are stored in the steps of one. */
export class AnsweredTasks {
  readonly #parts: AnsweredParts;

  constructor(parts: AnsweredParts) {
    this.#parts = parts;
  }

  /** In the transaction of the caller. @param now milliseconds since 1970 */
  add(answers: readonly Answered[], now: number): readonly Task[] {
    const { database, table, tallies, watch, forgetting } = this.#parts;
    const counts = byOwner(answers);
    forgetting.makeRoom(counts);
    for (const [owner, count] of counts) tallies.add({ owner, domain: '', state: 'done' }, count);
    const tasks = table.put(answers, now);
    database.afterCommit(() => {
      for (const task of tasks) watch.tell({ task, from: null });
    });
    return tasks;
  }
}

function byOwner(answers: readonly Answered[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { owner } of answers) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}
