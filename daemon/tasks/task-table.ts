import { SherinError } from '../../common/errors.js';
import type { SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import type { AnsweredTable } from './answered-table.js';
import { taskSql } from './statements.js';
import type { Tallies } from './tallies.js';
import { type Task, type TaskState, transitions } from './task.js';
import type { TaskId } from './task-id.js';
import type { TaskWatch } from './task-watch.js';

/** As SQLite has it: truth values are numbers. */
type Row = Omit<Task, 'measured' | 'composite'> & {
  readonly measured: number | null;
  readonly composite: number;
};

/** What changes in the life of a task. */
type Change = Partial<
  Pick<
    Task,
    'state' | 'waiting' | 'attempt' | 'failures' | 'bot' | 'result' | 'error' | 'startedAt' | 'endedAt'
  >
>;

/** Which page of a list: what stands before the task of this number, the newest first. */
export interface TaskPage {
  readonly owner?: number;
  readonly state?: TaskState;
  readonly before?: number;
  readonly limit: number;
}

/** Tasks, in one table or the other: every change keeps the tallies and is told once it is committed. Changes run in a transaction of the caller. */
export class TaskTable {
  readonly #database: DaemonDatabase;
  readonly #answered: AnsweredTable;
  readonly #tallies: Tallies;
  readonly #watch: TaskWatch;

  constructor(database: DaemonDatabase, answered: AnsweredTable, tallies: Tallies, watch: TaskWatch) {
    this.#database = database;
    this.#answered = answered;
    this.#tallies = tallies;
    this.#watch = watch;
  }

  insert(task: Omit<Task, 'seq'>): Task {
    const seq = this.#database.get<{ seq: number }>(taskSql.insert, rowOf(task))?.seq ?? 0;
    this.#tallies.add(task, 1);
    const inserted = { ...task, seq };
    this.#database.afterCommit(() => this.#watch.tell({ task: inserted, from: null }));
    return inserted;
  }

  /** @throws SherinError TASK_STATE when its state does not lead to the new one */
  change(task: Task, change: Change): Task {
    const { state } = change;
    if (state !== undefined && !transitions[task.state].includes(state)) {
      throw new SherinError('TASK_STATE', { id: task.id, state: task.state, part: `it can not be ${state}` });
    }
    const next = { ...task, ...change };
    this.#database.run(taskSql.update, rowOf(next));
    if (state === undefined) return next;
    this.#tallies.add(task, -1);
    this.#tallies.add(next, 1);
    this.#database.afterCommit(() => this.#watch.tell({ task: next, from: task.state }));
    return next;
  }

  /** Notes whether its result was good. */
  measure(task: Task, good: boolean): Task {
    if (this.#database.run(taskSql.measure, Number(good), task.id) === 0)
      this.#answered.measure(task.id, good);
    return { ...task, measured: good };
  }

  /** @throws SherinError TASK_UNKNOWN */
  get(id: TaskId): Task {
    const row = this.#database.get<Row>(taskSql.get, id);
    const task = row === undefined ? this.#answered.get(id) : taskOf(row);
    if (task === null) throw new SherinError('TASK_UNKNOWN', { id });
    return task;
  }

  /** Whether one has this result. */
  has(result: SherinId): boolean {
    return this.#database.get(taskSql.withResult, result) !== undefined || this.#answered.has(result);
  }

  children(id: TaskId): Task[] {
    return this.#database.all<Row>(taskSql.children, id).map(taskOf);
  }

  /** The first one that runs. */
  running(): Task | null {
    const row = this.#database.get<Row>(taskSql.running);
    return row === undefined ? null : taskOf(row);
  }

  treeSize(root: TaskId): number {
    return 1 + (this.#database.get<{ tasks: number }>(taskSql.belowRoot, root)?.tasks ?? 0);
  }

  /** The first one that a bot can begin, of the next owner after `owner`. */
  readyAfter(domain: string, owner: number): Task | null {
    const row = this.#database.get<Row>(taskSql.readyAfter, domain, owner);
    return row === undefined ? null : taskOf(row);
  }

  page({ owner, state, before = Number.MAX_SAFE_INTEGER, limit }: TaskPage): Task[] {
    const rows = (): Row[] => {
      if (owner === undefined && state === undefined) return this.#database.all(taskSql.page, before, limit);
      if (owner === undefined && state === 'done')
        return this.#database.all(taskSql.pageOfDone, before, limit);
      if (owner === undefined) return this.#database.all(taskSql.pageOfState, state ?? '', before, limit);
      if (state === undefined) return this.#database.all(taskSql.pageOfOwner, owner, before, limit);
      return this.#database.all(taskSql.pageOfOwnerAndState, owner, state, before, limit);
    };
    const tasks = rows().map(taskOf);
    if (state !== undefined && state !== 'done') return tasks;
    const both = [...tasks, ...this.#answered.page(owner, before, limit)];
    return both.sort((one, other) => other.seq - one.seq).slice(0, limit);
  }
}

function rowOf<T extends Omit<Task, 'seq'>>(task: T) {
  const measured = task.measured === null ? null : Number(task.measured);
  return { ...task, measured, composite: Number(task.composite) };
}

function taskOf(row: Row): Task {
  return {
    ...row,
    measured: row.measured === null ? null : row.measured === 1,
    composite: row.composite === 1,
  };
}
