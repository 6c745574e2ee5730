import type { Logger } from '../../common/log.js';
import type { Task, TaskState } from './task.js';
import type { TaskId } from './task-id.js';

/** A state that is committed. */
export interface TaskChange {
  readonly task: Task;
  /** Null for a new task. */
  readonly from: TaskState | null;
}

export interface WatchFilter {
  /** Only tasks of this uid. */
  readonly owner?: number;
  /** Only this task. */
  readonly task?: TaskId;
}

type Listener = (change: TaskChange) => void;

/** Who hears of changes of tasks. */
export class TaskWatch {
  readonly #log: Logger;
  readonly #listeners = new Set<{ readonly filter: WatchFilter; readonly listener: Listener }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Calls `listener` after each commit, in the order of the changes; gives what ends that. */
  subscribe(filter: WatchFilter, listener: Listener): () => void {
    const entry = { filter, listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /** A listener that throws disturbs neither the others nor whoever made the change, which is committed. */
  tell(change: TaskChange): void {
    for (const { filter, listener } of [...this.#listeners]) {
      if (filter.owner !== undefined && filter.owner !== change.task.owner) continue;
      if (filter.task !== undefined && filter.task !== change.task.id) continue;
      try {
        listener(change);
      } catch (error) {
        this.#log.error({ err: error }, 'a listener of tasks failed');
      }
    }
  }
}
