import type { DaemonDatabase } from '../database/database.js';
import { taskSql } from './statements.js';
import { hasEnded, type Task } from './task.js';

/** What is counted: open tasks in all, open and ended ones by owner, queued and running ones by domain. */
type Kind = 'open' | 'open-of' | 'ended-of' | 'queued' | 'running';

/** Where a task counts. */
type Counted = Pick<Task, 'owner' | 'domain' | 'state'>;

/** Numbers of tasks, kept with every change of a task, so that a limit costs no walk over the queue. */
export class Tallies {
  readonly #database: DaemonDatabase;

  constructor(database: DaemonDatabase) {
    this.#database = database;
  }

  /** @param by how many tasks of this kind have come or, below zero, gone */
  add(task: Counted, by: number): void {
    for (const [kind, name] of placesOf(task)) {
      this.#database.run(taskSql.addTally, kind, name, by);
      if (by < 0) this.#database.run(taskSql.dropTally, kind, name);
    }
  }

  open(): number {
    return this.#tally('open', 'all');
  }
  openOf(owner: number): number {
    return this.#tally('open-of', String(owner));
  }
  /** Owners of open tasks. */
  waitingOwners(): number {
    return this.#database.get<{ tasks: number }>(taskSql.tallied, 'open-of' satisfies Kind)?.tasks ?? 0;
  }
  endedOf(owner: number): number {
    return this.#tally('ended-of', String(owner));
  }

  /** Queued or running tasks by domain; those that wait for others are queued. */
  byDomain(state: 'queued' | 'running'): ReadonlyMap<string, number> {
    const rows = this.#database.all<{ name: string; tasks: number }>(taskSql.talliesOf, state);
    return new Map(rows.map(({ name, tasks }) => [name, tasks]));
  }

  #tally(kind: Kind, name: string): number {
    return this.#database.get<{ tasks: number }>(taskSql.tally, kind, name)?.tasks ?? 0;
  }
}

function placesOf({ owner, domain, state }: Counted): readonly (readonly [Kind, string])[] {
  if (hasEnded(state)) return [['ended-of', String(owner)]];
  return [
    ['open', 'all'],
    ['open-of', String(owner)],
    [state === 'running' ? 'running' : 'queued', domain],
  ];
}
