import type { DaemonDatabase } from '../database/database.js';
import type { PatternMemory } from '../patterns/pattern-memory.js';
import type { TrustScores } from '../patterns/trust-scores.js';
import type { Task } from '../tasks/task.js';
import type { TaskQueue } from '../tasks/task-queue.js';
import type { Measuring } from './measuring.js';
import type { Source, Sources } from './sources.js';

export interface LearningParts {
  readonly database: DaemonDatabase;
  readonly queue: TaskQueue;
  readonly memory: PatternMemory;
  readonly trust: TrustScores;
  readonly sources: Sources;
  readonly measuring: Measuring;
}

/** What becomes of a result: it is remembered, and once somebody has measured it, confidence and trust follow. */
export class Learning {
  readonly #parts: LearningParts;

  constructor(parts: LearningParts) {
    this.#parts = parts;
  }

  /** In the transaction of the caller, in which the task is done. */
  done({ id, result }: Task, source: Source): void {
    const { memory, sources } = this.#parts;
    sources.put(id, source);
    if (source.key !== null && result !== null)
      memory.learn({ key: source.key, owner: source.owner, result });
  }

  /** The word of whoever asked, once for a task. @throws SherinError TASK_STATE when it is not done or was measured, TASK_UNKNOWN */
  feedback(task: Task, success: boolean): Task {
    const { database, queue, memory, trust, sources, measuring } = this.#parts;
    const measurement = { by: 'user', success } as const;
    const measured = database.transaction(() => {
      const now = queue.measure(task.id, success);
      const source = sources.get(task.id);
      if (source === null || now.result === null) return now;
      const { key, owner, bot, version } = source;
      trust.measured(bot, version, measurement);
      if (key !== null) memory.measured({ key, owner, result: now.result }, measurement);
      return now;
    });
    measuring.measured(success);
    return measured;
  }
}
