import { type ErrorCode, SherinError } from '../../common/errors.js';
import type { SherinId } from '../../common/ids.js';
import type { Logger } from '../../common/log.js';
import { shortNameSchema } from '../../common/short-name.js';
import type { DaemonDatabase } from '../database/database.js';
import { type Answered, AnsweredTable } from './answered-table.js';
import { AnsweredTasks } from './answered-tasks.js';
import { Forgetting, type Retention, usualRetention } from './retention.js';
import { taskSql } from './statements.js';
import {
  accept,
  type CompositeSubmission,
  compositeSchema,
  type Submission,
  type SubTasks,
  submissionSchema,
  subTasksSchema,
} from './submission.js';
import { Tallies } from './tallies.js';
import {
  deepest,
  hasEnded,
  largestTree,
  mergeDomain,
  mostChildren,
  mostFailures,
  type Task,
} from './task.js';
import { newTaskId, type TaskId } from './task-id.js';
import { TaskInputs } from './task-inputs.js';
import { type TaskPage, TaskTable } from './task-table.js';
import { type End, endTask } from './task-tree.js';
import { TaskWatch } from './task-watch.js';

export interface TaskQueueOptions {
  readonly database: DaemonDatabase;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Most open tasks, queued or running, in all and of one owner. */
  readonly limits?: { readonly open: number; readonly openPerOwner: number };
  readonly retention?: Retention;
}

const usualLimits = { open: 100_000, openPerOwner: 10_000 };

/** The attempt that an answer belongs to. */
export interface Attempt {
  readonly id: TaskId;
  readonly attempt: number;
}

/** The longest page of a list. */
const longestPage = 100;

/**
 * Tasks from submission to their end, in the database before anyone hears of them. Who may see or cancel which is the caller's to decide.
 * Every method throws SherinError DAEMON_DATABASE or NO_SPACE, with everything as it was, when the database can't be used.
 */
export class TaskQueue {
  readonly watch: TaskWatch;
  readonly #database: DaemonDatabase;
  readonly #now: () => number;
  readonly #limits: { readonly open: number; readonly openPerOwner: number };
  readonly #tallies: Tallies;
  readonly #table: TaskTable;
  readonly #inputs: TaskInputs;
  readonly #forgetting: Forgetting;
  readonly #answered: AnsweredTasks;

  /** Attempts that were running when sherind was killed are lost, see {@link lose}. */
  constructor({ database, log, now = Date.now, limits = usualLimits, retention }: TaskQueueOptions) {
    this.watch = new TaskWatch(log);
    this.#database = database;
    this.#now = now;
    this.#limits = limits;
    this.#tallies = new Tallies(database);
    const table = new AnsweredTable(database);
    this.#table = new TaskTable(database, table, this.#tallies, this.watch);
    this.#inputs = new TaskInputs(database);
    this.#forgetting = new Forgetting(database, table, this.#tallies, retention ?? usualRetention);
    this.#answered = new AnsweredTasks({
      ...{ database, table, tallies: this.#tallies, watch: this.watch, forgetting: this.#forgetting },
    });
    database.transaction(() => {
      // One by one: the end of one may end others.
      for (let task = this.#table.running(); task !== null; task = this.#table.running()) {
        this.#lose(task, 'INTERRUPTED');
      }
    });
  }

  /** @throws SherinError TASK_QUEUE_FULL; USAGE for anything but IDs, numbers and short names */
  submit(submission: Submission): Task {
    const accepted = accept(submissionSchema, submission);
    return this.#database.transaction(() => this.#insert(accepted));
  }

  /** Tasks that are done from the start: their results are known. */
  answered(answers: readonly Answered[]): readonly Task[] {
    return this.#database.transaction(() => this.#answered.add(answers, this.#now()));
  }

  /** A task that policy does not let begin. @throws SherinError USAGE */
  refused(submission: Submission, error: string): Task {
    const accepted = accept(submissionSchema, submission);
    const end = { state: 'blocked', error: accept(shortNameSchema, error) } as const;
    return this.#database.transaction(() => {
      this.#forgetting.makeRoom(new Map([[accepted.owner, 1]]));
      return this.#insert({ ...accepted, ...end, endedAt: this.#now() });
    });
  }

  /**
   * A parent with one child per domain, of which some may be done already. Once all have ended, and one at least is done, a bot of {@link mergeDomain}
   * gets the parent.
   * @throws SherinError TASK_QUEUE_FULL, USAGE
   */
  submitMulti(submission: CompositeSubmission): { readonly parent: Task; readonly parts: readonly Task[] } {
    const { parts, ...common } = accept(compositeSchema, submission);
    return this.#database.transaction(() => {
      const merging = { domain: mergeDomain, department: 'control', class: 'merge' };
      const waiting = parts.filter(({ result }) => result === undefined).length;
      const parent = this.#insert({ ...common, ...merging, composite: true, waiting });
      const { owner, request, inputs, priority } = common;
      const children = parts.map(({ result, ...part }) => {
        const end = result === undefined ? {} : { state: 'done' as const, result, endedAt: this.#now() };
        return this.#insert({ owner, request, inputs, priority, ...part, ...end, parent });
      });
      return { parent, parts: children };
    });
  }

  /** The next task of a domain, begun by a bot; null where none waits. Owners take turns; among one's own, priority and then age decide. */
  begin(domain: string, bot: string): Task | null {
    return this.#database.transaction(() => {
      const last = this.#database.get<{ owner: number }>(taskSql.turn, domain)?.owner ?? -1;
      const task = this.#table.readyAfter(domain, last) ?? this.#table.readyAfter(domain, -1);
      if (task === null) return null;
      this.#database.run(taskSql.setTurn, domain, task.owner);
      const by = accept(shortNameSchema, bot);
      const begun = { state: 'running', attempt: task.attempt + 1, bot: by, startedAt: this.#now() } as const;
      return this.#table.change(task, begun);
    });
  }

  /** @throws SherinError TASK_STATE when this attempt is not the running one: a late or second answer; TASK_UNKNOWN */
  finish(of: Attempt, result: SherinId): Task {
    return this.#endAttempt(of, { state: 'done', result });
  }

  /** The bot says that it can't be done; it is not tried again. @throws SherinError as {@link finish} */
  fail(of: Attempt, error: string): Task {
    return this.#endAttempt(of, { state: 'failed', error: accept(shortNameSchema, error) });
  }

  /** The bot died or took too long: the task is queued again, and failed after the third time. @throws SherinError as {@link finish} */
  lose(of: Attempt, error: ErrorCode): Task {
    return this.#database.transaction(() => this.#lose(this.#running(of), error));
  }

  /** Takes it from the bot without blame, because the bot or sherind is stopped. @throws SherinError as {@link finish} */
  release(of: Attempt): Task {
    return this.#database.transaction(() => this.#table.change(this.#running(of), { state: 'queued' }));
  }

  /**
   * The bot needs results first: the task waits for these sub-tasks and is queued again when all are done; it fails when one is not.
   * @throws SherinError TASK_TREE when it goes too deep or too wide; TASK_QUEUE_FULL; USAGE; as {@link finish}
   */
  require(of: Attempt, requests: SubTasks): readonly Task[] {
    const wanted = accept(subTasksSchema, requests);
    return this.#database.transaction(() => {
      const parent = this.#running(of);
      this.#requireRoom(parent, wanted.length);
      this.#table.change(parent, { state: 'queued', waiting: wanted.length });
      const { owner, priority } = parent;
      return wanted.map((request) => this.#insert({ ...request, owner, priority, parent }));
    });
  }

  /** Policy or the safety gate says no. @throws SherinError TASK_STATE when it has ended, TASK_UNKNOWN */
  block(id: TaskId, error: string): Task {
    return this.#database.transaction(() => this.#end(this.#table.get(id), { state: 'blocked', error }));
  }

  /** Ends it and all below it; whoever runs it has to be stopped. @throws SherinError TASK_STATE when it has ended, TASK_UNKNOWN */
  cancel(id: TaskId): Task {
    return this.#database.transaction(() =>
      this.#end(this.#table.get(id), { state: 'cancelled', error: null }),
    );
  }

  /**
   * Merges what parts of a composite task are done: those that are open are cancelled. Nothing changes where none is open.
   * @throws SherinError TASK_NO_PARTS, TASK_UNKNOWN
   */
  mergeNow(id: TaskId): Task {
    return this.#database.transaction(() => {
      if (!this.#table.get(id).composite) throw new SherinError('TASK_NO_PARTS', { id });
      for (const part of this.#table.children(id)) {
        if (!hasEnded(part.state)) this.#end(part, { state: 'cancelled', error: null });
      }
      return this.#table.get(id);
    });
  }

  /** Notes whether a result was good, once. @throws SherinError TASK_STATE when it is not done or was measured already, TASK_UNKNOWN */
  measure(id: TaskId, good: boolean): Task {
    return this.#database.transaction(() => {
      const task = this.#table.get(id);
      const fault =
        task.state !== 'done' ? 'it has no result' : task.measured !== null ? 'it was measured' : null;
      if (fault !== null) throw new SherinError('TASK_STATE', { id, state: task.state, part: fault });
      return this.#table.measure(task, good);
    });
  }

  /** @throws SherinError TASK_UNKNOWN */
  get(id: TaskId): Task {
    return this.#table.get(id);
  }

  /** What a task is given besides its request. */
  inputsOf(id: TaskId): readonly SherinId[] {
    return this.#inputs.of(id);
  }

  /** Parts or sub-tasks, in the order of their submission. */
  children(id: TaskId): readonly Task[] {
    return this.#table.children(id);
  }

  /** The newest first, at most 100; the next page is the one before the `seq` of the last. */
  list(page: TaskPage): readonly Task[] {
    const limit = Math.max(1, Math.min(page.limit, longestPage));
    return this.#table.page({ ...page, limit });
  }

  /** Whether a task has this result. */
  tellsOf(result: SherinId): boolean {
    return this.#table.has(result);
  }

  /** Queued or running tasks by domain. */
  depths(state: 'queued' | 'running'): ReadonlyMap<string, number> {
    return this.#tallies.byDomain(state);
  }

  /** How many users wait for a task that has not ended, and what share of the queue's places is taken. */
  pressure(): { readonly users: number; readonly share: number } {
    const { open } = this.#limits;
    return { users: this.#tallies.waitingOwners(), share: Math.min(1, this.#tallies.open() / open) };
  }

  /** Forgets up to 500 trees of tasks that ended too long ago; how many there were. */
  forget(): number {
    return this.#database.transaction(() => this.#forgetting.old(this.#now()));
  }

  #insert(task: NewTask): Task {
    const { parent = null, id = newTaskId(), inputs = [], ...given } = task;
    if (!hasEnded(given.state ?? 'queued')) this.#requireQueueRoom(given.owner);
    const inserted = this.#table.insert({
      ...{ state: 'queued', waiting: 0, attempt: 0, failures: 0, bot: null, result: null, error: null },
      ...{ measured: null, composite: false, startedAt: null, endedAt: null, submittedAt: this.#now() },
      ...given,
      ...{ id, parent: parent?.id ?? null, root: parent?.root ?? id, depth: (parent?.depth ?? -1) + 1 },
    });
    this.#inputs.put(id, inputs);
    return inserted;
  }

  #requireQueueRoom(owner: number): void {
    const full = (part: string) => new SherinError('TASK_QUEUE_FULL', { part });
    const { open, openPerOwner } = this.#limits;
    if (this.#tallies.openOf(owner) >= openPerOwner)
      throw full(`uid ${owner} has ${openPerOwner} that have not ended`);
    if (this.#tallies.open() >= open) throw full(`${open} have not ended`);
  }

  #requireRoom({ id, root, depth }: Task, more: number): void {
    const refused = (part: string) => new SherinError('TASK_TREE', { id, part });
    if (depth >= deepest) throw refused(`it is ${depth} levels below the first one already`);
    if (this.#table.children(id).length + more > mostChildren) throw refused(`more than ${mostChildren}`);
    if (this.#table.treeSize(root) + more > largestTree) {
      throw refused(`more than ${largestTree} tasks would hang together`);
    }
  }

  #running({ id, attempt }: Attempt): Task {
    const task = this.#table.get(id);
    if (task.state === 'running' && task.attempt === attempt) return task;
    const part = task.state === 'running' ? `attempt ${attempt} is over` : 'no answer is awaited';
    throw new SherinError('TASK_STATE', { id, state: task.state, part });
  }

  #endAttempt(of: Attempt, end: End): Task {
    return this.#database.transaction(() => this.#end(this.#running(of), end));
  }

  #end(task: Task, end: End): Task {
    const ended = endTask(this.#table, task, end, this.#now());
    this.#forgetting.beyond(task);
    return ended;
  }

  #lose(task: Task, error: ErrorCode): Task {
    const failures = task.failures + 1;
    if (failures < mostFailures) return this.#table.change(task, { state: 'queued', failures, error });
    return this.#end(this.#table.change(task, { failures }), { state: 'failed', error });
  }
}

/** What differs from a queued task of nobody. */
type NewTask = Pick<Task, 'owner' | 'request' | 'domain' | 'department' | 'class' | 'priority'> &
  Partial<Pick<Task, 'state' | 'result' | 'error' | 'endedAt' | 'composite' | 'waiting'>> & {
    readonly id?: TaskId | undefined;
    readonly parent?: Task;
    readonly inputs?: readonly SherinId[];
  };
