import type { DaemonDatabase } from '../database/database.js';
import { taskSql } from './statements.js';
import type { Tallies } from './tallies.js';
import type { Task } from './task.js';

/** What is kept of tasks that have ended: both bounds hold. */
export interface Retention {
  /** Milliseconds since the end of the topmost task of a tree. */
  readonly age: number;
  /** Tasks of one owner, so that nobody's tasks push out another's; what ended below open ones counts, and stays as long as those are. */
  readonly perOwner: number;
}

const day = 86_400_000;
export const usualRetention: Retention = { age: 30 * day, perOwner: 2_000 };

/** Trees forgotten in one transaction. */
const batch = 500;

interface Tree {
  readonly root: string;
  readonly owner: number;
}

/** Forgets tasks, in whole trees only and only those whose topmost task has ended. */
export class Forgetting {
  readonly #database: DaemonDatabase;
  readonly #tallies: Tallies;
  readonly #retention: Retention;

  constructor(database: DaemonDatabase, tallies: Tallies, retention: Retention) {
    this.#database = database;
    this.#tallies = tallies;
    this.#retention = retention;
  }

  /** Up to 500 trees that are too old; how many there were. */
  old(now: number): number {
    const before = now - this.#retention.age;
    const trees = this.#database.all<Tree>(taskSql.endedBefore, before, batch);
    for (const tree of trees) this.#remove(tree);
    return trees.length;
  }

  /** The first ones of an owner that has too many, but not the tree of the task that has just ended: whoever ended it goes on with it. */
  beyond({ owner, root: kept }: Pick<Task, 'owner' | 'root'>): void {
    while (this.#tallies.endedOf(owner) > this.#retention.perOwner) {
      const tree = this.#database.get<Tree>(taskSql.firstEnded, owner);
      // What has ended below a task that is open.
      if (tree === undefined || tree.root === kept) return;
      this.#remove(tree);
    }
  }

  /** Forgets the first ones of an owner, so that `more` that have ended have room. */
  makeRoom(owner: number, more: number): void {
    const excess = this.#tallies.endedOf(owner) + more - this.#retention.perOwner;
    if (excess <= 0) return;
    const trees = this.#database.all<{ root: string; tasks: number }>(taskSql.endedTrees, owner, excess);
    const roots: string[] = [];
    let gone = 0;
    for (const { root, tasks } of trees) {
      if (gone >= excess) break;
      roots.push(root);
      gone += tasks;
    }
    if (roots.length === 0) return;
    const topmost = JSON.stringify(roots);
    if (gone > roots.length) this.#database.run(taskSql.removeBelow, topmost);
    this.#database.run(taskSql.removeTopmost, topmost);
    this.#tallies.add({ owner, domain: '', state: 'done' }, -gone);
  }

  #remove({ root, owner }: Tree): void {
    const topmost = JSON.stringify([root]);
    const below = this.#database.run(taskSql.removeBelow, topmost);
    const tasks = below + this.#database.run(taskSql.removeTopmost, topmost);
    this.#tallies.add({ owner, domain: '', state: 'done' }, -tasks);
  }
}
