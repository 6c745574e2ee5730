import type { SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import type { TaskId } from './task-id.js';

const sql = {
  put: 'INSERT INTO inputs (task, place, object) VALUES (?, ?, ?)',
  of: 'SELECT object FROM inputs WHERE task = ? ORDER BY place',
} as const;

/** What tasks are given besides their requests, as long as they are kept. Changes run in a transaction of the caller. */
export class TaskInputs {
  readonly #database: DaemonDatabase;

  constructor(database: DaemonDatabase) {
    this.#database = database;
  }

  put(task: TaskId, objects: readonly SherinId[]): void {
    for (const [place, object] of objects.entries()) this.#database.run(sql.put, task, place, object);
  }

  of(task: TaskId): readonly SherinId[] {
    return this.#database.all<{ object: SherinId }>(sql.of, task).map(({ object }) => object);
  }
}
