import type { SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import { type PatternKey, patternKey } from '../patterns/pattern-key.js';
import { taskSql } from '../tasks/statements.js';
import type { Classification } from '../tasks/task.js';
import { bytesOfTaskId, type TaskId } from '../tasks/task-id.js';
import type { Bot } from './bots.js';

/** Where the result of a task came from. */
export interface Source {
  /** The remembered answer that it is or became; null for one that is not remembered. */
  readonly key: PatternKey | null;
  /** uid of whose answer that is. */
  readonly owner: number;
  readonly bot: string;
  readonly version: string;
}

const sql = {
  get: 'SELECT key, owner, bot, version FROM sources WHERE task = ?',
  put: 'INSERT OR REPLACE INTO sources (task, key, owner, bot, version) VALUES (?, ?, ?, ?, ?)',
} as const;

/** What a measurement of a result counts for, as long as its task is kept. */
export class Sources {
  readonly #database: DaemonDatabase;

  constructor(database: DaemonDatabase) {
    this.#database = database;
  }

  put(task: TaskId, { key, owner, bot, version }: Source): void {
    this.#database.run(sql.put, task, key, owner, bot, version);
  }

  get(task: TaskId): Source | null {
    const fromBot = this.#database.get<Source>(sql.get, task);
    return fromBot ?? this.#database.get<Source>(taskSql.sourceOfAnswered, bytesOfTaskId(task)) ?? null;
  }
}

/** What is asked of a bot. */
export interface Asked {
  readonly request: SherinId;
  /** What it is given besides. */
  readonly inputs: readonly SherinId[];
}

/** The key of a question to a bot as it is now. */
export function keyOf(asked: Asked, work: Classification, { bot, version, inputs }: Bot): PatternKey {
  const { domain, department } = work;
  const { request, inputs: objects } = asked;
  const kind = work.class;
  return patternKey({ request, objects, domain, department, class: kind, bot, botVersion: version, inputs });
}
