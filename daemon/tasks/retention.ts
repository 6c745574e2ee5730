import type { DaemonDatabase } from '../database/database.js';
import type { AnsweredTable, EndedAnswered } from './answered-table.js';
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

/** Of tasks that bots worked on. */
interface Tree {
  readonly root: string;
  /** Of the topmost one. */
  readonly seq: number;
  readonly endedAt: number;
  /** With what is below it. */
  readonly tasks: number;
}

/** One that was answered from memory is a tree of its own. */
type Ended = Tree | EndedAnswered;

/** Forgets tasks, in whole trees only and only those whose topmost task has ended. */
export class Forgetting {
  readonly #database: DaemonDatabase;
  readonly #answered: AnsweredTable;
  readonly #tallies: Tallies;
  readonly #retention: Retention;

  constructor(database: DaemonDatabase, answered: AnsweredTable, tallies: Tallies, retention: Retention) {
    this.#database = database;
    this.#answered = answered;
    this.#tallies = tallies;
    this.#retention = retention;
  }

  /** Up to 500 trees that are too old; how many there were. */
  old(now: number): number {
    const before = now - this.#retention.age;
    const trees = this.#database.all<Tree & { owner: number }>(taskSql.endedBefore, before, batch);
    for (const tree of trees) this.#remove(new Map([[tree.owner, [tree]]]));
    let gone = trees.length;
    for (const owner of this.#answered.ownersOfOld(before, batch)) {
      if (gone >= batch) break;
      const first = this.#answered.first(owner, batch - gone);
      const end = first.findIndex(({ endedAt }) => endedAt >= before);
      const old = end < 0 ? first : first.slice(0, end);
      this.#remove(new Map([[owner, old]]));
      gone += old.length;
    }
    return gone;
  }

  /** The first ones of an owner that has too many, but not the tree of the task that has just ended: whoever ended it goes on with it. */
  beyond({ owner, root: kept }: Pick<Task, 'owner' | 'root'>): void {
    while (this.#tallies.endedOf(owner) > this.#retention.perOwner) {
      const [first] = this.#first(owner, 1);
      // What has ended below a task that is open.
      if (first === undefined || ('root' in first && first.root === kept)) return;
      this.#remove(new Map([[owner, [first]]]));
    }
  }

  /** Forgets the first ones of owners, so that as many that have ended as are said have room. */
  makeRoom(more: ReadonlyMap<number, number>): void {
    const gone = new Map<number, readonly Ended[]>();
    for (const [owner, count] of more) {
      const excess = this.#tallies.endedOf(owner) + count - this.#retention.perOwner;
      if (excess > 0) gone.set(owner, this.#first(owner, excess));
    }
    this.#remove(gone);
  }

  /** Trees that an owner's tasks ended with first, of so many tasks or few more. */
  #first(owner: number, tasks: number): readonly Ended[] {
    const trees = this.#database.all<Tree>(taskSql.endedTrees, owner, tasks);
    const answered = this.#answered.first(owner, tasks);
    const first: Ended[] = [];
    for (let [inTrees, inAnswered, gone] = [0, 0, 0]; gone < tasks; ) {
      const [tree, one] = [trees[inTrees], answered[inAnswered]];
      if (tree !== undefined && (one === undefined || isBefore(tree, one))) {
        first.push(tree);
        inTrees += 1;
        gone += tree.tasks;
      } else if (one !== undefined) {
        first.push(one);
        inAnswered += 1;
        gone += 1;
      } else break;
    }
    return first;
  }

  #remove(byOwner: ReadonlyMap<number, readonly Ended[]>): void {
    const roots: string[] = [];
    const answered: EndedAnswered[] = [];
    let gone = 0;
    for (const [owner, all] of byOwner) {
      let tasks = 0;
      for (const one of all) {
        if ('root' in one) roots.push(one.root);
        else answered.push(one);
        tasks += 'root' in one ? one.tasks : 1;
      }
      if (tasks > 0) this.#tallies.add({ owner, domain: '', state: 'done' }, -tasks);
      gone += tasks;
    }
    this.#answered.remove(answered);
    if (roots.length === 0) return;
    const topmost = JSON.stringify(roots);
    if (gone > roots.length + answered.length) this.#database.run(taskSql.removeBelow, topmost);
    this.#database.run(taskSql.removeTopmost, topmost);
  }
}

function isBefore(one: Ended, other: Ended): boolean {
  return one.endedAt < other.endedAt || (one.endedAt === other.endedAt && one.seq < other.seq);
}
