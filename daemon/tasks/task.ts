/** What a task is, and the states it goes through. */
import type { SherinId } from '../../common/ids.js';
import type { taskStates } from '../protocol/methods/task.js';
import type { TaskId } from './task-id.js';

export type TaskState = (typeof taskStates)[number];

/**
 * Where each state may lead. `queued → failed`: a sub-task that it waits for was not done; `running → queued`: an attempt failed, or it waits for
 * sub-tasks; `blocked`: policy or the safety gate says no. What has ended stays as it ended.
 */
export const transitions: Readonly<Record<TaskState, readonly TaskState[]>> = {
  queued: ['running', 'failed', 'blocked', 'cancelled'],
  running: ['queued', 'done', 'failed', 'blocked', 'cancelled'],
  done: [],
  failed: [],
  blocked: [],
  cancelled: [],
};

export function hasEnded(state: TaskState): boolean {
  return transitions[state].length === 0;
}

/** The deepest sub-task of a sub-task. */
export const deepest = 5;
/** How many sub-tasks or parts one task may have in all. */
export const mostChildren = 16;
/** How many objects a task is given besides its request. */
export const mostInputs = 8;
/** How many tasks hang together at most, over all depths. */
export const largestTree = 256;
/** After so many attempts that failed, the task has. */
export const mostFailures = 3;
/** Where a composite task is queued once its parts have ended: the domain of the control bot that merges. */
export const mergeDomain = 'merge';

/** What kind of work it is, as the planning bot says: short names. */
export interface Classification {
  readonly domain: string;
  readonly department: string;
  readonly class: string;
}

/** Times are milliseconds since 1970. */
export interface Task extends Classification {
  /** Order of submission, and the mark of a page; never given twice. Bots are told another number, that of what sherind gave out since its start. */
  readonly seq: number;
  readonly id: TaskId;
  /** uid of who submitted it. */
  readonly owner: number;
  readonly request: SherinId;
  readonly priority: number;
  readonly state: TaskState;
  /** Sub-tasks or parts that have not ended; it is given to no bot before. */
  readonly waiting: number;
  /** How often a bot has begun it; names the one attempt whose answer counts. */
  readonly attempt: number;
  /** Attempts that were lost: the bot died or took too long, or sherind was killed meanwhile. */
  readonly failures: number;
  /** Who runs or ran it last; null for one that was never begun or was answered from memory. */
  readonly bot: string | null;
  readonly result: SherinId | null;
  /** Why it ended as it did, or why the last attempt was lost: a code of the error table or a bot's short name. */
  readonly error: string | null;
  /** Whether its result was good, once that was measured. */
  readonly measured: boolean | null;
  /** Its children are parts whose results are merged; otherwise they are what it requires. */
  readonly composite: boolean;
  readonly parent: TaskId | null;
  /** The topmost of its tree, which may be itself. */
  readonly root: TaskId;
  readonly depth: number;
  readonly submittedAt: number;
  /** Begin of the last attempt. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}
