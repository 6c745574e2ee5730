import type { SherinId } from '../../common/ids.js';
import type { BotAnswer } from './messages.js';

/** Why an attempt at a task came to nothing; another instance may do better. */
export type AttemptFailure =
  /** Not answered in time. */
  | 'timeout'
  /** Its processes have ended. */
  | 'exit'
  /** It has not told that it is there. */
  | 'heartbeat'
  /** It took more memory than it may. */
  | 'memory'
  /** It sent what is no answer too often, or more than anybody can read. */
  | 'datagrams'
  /** It was stopped, by the emergency stop for example. */
  | 'stopped'
  /** One of its tasks was not wanted any more. */
  | 'cancelled';

/** How an attempt at a task ended. */
export type TaskOutcome =
  | { readonly kind: 'result'; readonly resultId: SherinId }
  /** Sub-tasks first. */
  | { readonly kind: 'requires'; readonly requires: readonly SherinId[] }
  | {
      readonly kind: 'classified';
      readonly domain: string;
      readonly department: string;
      readonly class: string;
    }
  /** `reason` null: it passes. */
  | { readonly kind: 'judged'; readonly reason: string | null }
  /** The bot says that it can't, in a word. */
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'failed'; readonly reason: AttemptFailure };

/** Answered tasks that are remembered, to tell a second answer from one nobody asked for. */
const remembered = 256;

interface Attempt {
  readonly timer: NodeJS.Timeout;
  readonly settle: (outcome: TaskOutcome) => void;
}

/** The tasks that one instance has been given and not answered. */
export class TasksInFlight {
  readonly #attempts = new Map<SherinId, Attempt>();
  readonly #answered = new Set<SherinId>();

  get count(): number {
    return this.#attempts.size;
  }

  has(taskId: SherinId): boolean {
    return this.#attempts.has(taskId);
  }

  /** @param late called when the time is over; the attempt goes on until it is failed */
  add(taskId: SherinId, seconds: number, late: () => void): Promise<TaskOutcome> {
    return new Promise((settle) => {
      this.#attempts.set(taskId, { timer: setTimeout(late, seconds * 1000), settle });
      this.#answered.delete(taskId);
    });
  }

  /** Why an answer is not taken; null when it was. */
  answer(answer: BotAnswer): 'unknown-task' | 'second-answer' | null {
    const { task_id } = answer;
    if (this.#settle(task_id, outcomeOf(answer))) {
      this.#remember(task_id);
      return null;
    }
    return this.#answered.has(task_id) ? 'second-answer' : 'unknown-task';
  }

  fail(taskId: SherinId, reason: AttemptFailure): void {
    this.#settle(taskId, { kind: 'failed', reason });
  }

  failAll(reason: AttemptFailure): void {
    for (const taskId of [...this.#attempts.keys()]) this.fail(taskId, reason);
  }

  #settle(taskId: SherinId, outcome: TaskOutcome): boolean {
    const attempt = this.#attempts.get(taskId);
    if (attempt === undefined) return false;
    clearTimeout(attempt.timer);
    this.#attempts.delete(taskId);
    attempt.settle(outcome);
    return true;
  }

  #remember(taskId: SherinId): void {
    this.#answered.add(taskId);
    const [oldest] = this.#answered;
    if (this.#answered.size > remembered && oldest !== undefined) this.#answered.delete(oldest);
  }
}

function outcomeOf(answer: BotAnswer): TaskOutcome {
  if ('error' in answer) return { kind: 'error', error: answer.error };
  if ('requires' in answer) return { kind: 'requires', requires: answer.requires };
  if ('result_id' in answer) return { kind: 'result', resultId: answer.result_id };
  if ('pass' in answer) return { kind: 'judged', reason: answer.pass ? null : answer.reason };
  const { domain, department } = answer;
  return { kind: 'classified', domain, department, class: answer.class };
}
