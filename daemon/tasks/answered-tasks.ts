import type { SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import type { Forgetting } from './retention.js';
import { taskSql } from './statements.js';
import type { Tallies } from './tallies.js';
import type { Classification, Task } from './task.js';
import type { TaskId } from './task-id.js';
import type { TaskInputs } from './task-inputs.js';
import type { TaskWatch } from './task-watch.js';

/** A submission whose result is known. */
export interface Answered extends Classification {
  readonly id: TaskId;
  readonly owner: number;
  readonly request: SherinId;
  readonly inputs: readonly SherinId[];
  readonly priority: number;
  readonly result: SherinId;
}

export interface AnsweredParts {
  readonly database: DaemonDatabase;
  readonly tallies: Tallies;
  readonly inputs: TaskInputs;
  readonly watch: TaskWatch;
  readonly forgetting: Forgetting;
}

/** Tasks that are done from the start. They come in thousands a second, so many are stored in the steps of one. */
export class AnsweredTasks {
  readonly #parts: AnsweredParts;

  constructor(parts: AnsweredParts) {
    this.#parts = parts;
  }

  /** In the transaction of the caller. @param now milliseconds since 1970 */
  add(answers: readonly Answered[], now: number): readonly Task[] {
    const { database, tallies, inputs, watch, forgetting } = this.#parts;
    for (const [owner, count] of byOwner(answers)) {
      forgetting.makeRoom(owner, count);
      tallies.add({ owner, domain: '', state: 'done' }, count);
    }
    const rows = JSON.stringify(answers.map((answer) => rowOf(answer, now)));
    const stored = database.all<{ seq: number; id: TaskId }>(taskSql.insertAnswered, rows);
    const places = new Map(stored.map(({ id, seq }) => [id, seq]));
    const tasks = answers.map((answer) => taskOf(answer, places.get(answer.id) ?? 0, now));
    for (const answer of answers) inputs.put(answer.id, answer.inputs);
    database.afterCommit(() => {
      for (const task of tasks) watch.tell({ task, from: null });
    });
    return tasks;
  }
}

function byOwner(answers: readonly Answered[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { owner } of answers) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}

/** In the order of {@link taskSql.insertAnswered}. */
function rowOf(answer: Answered, now: number) {
  const { id, owner, request, domain, department, priority, result } = answer;
  return [id, owner, request, domain, department, answer.class, priority, result, now];
}

/** Field by field: spreads cost more than all the rest. */
function taskOf(answer: Answered, seq: number, now: number): Task {
  return {
    seq,
    id: answer.id,
    owner: answer.owner,
    request: answer.request,
    domain: answer.domain,
    department: answer.department,
    class: answer.class,
    priority: answer.priority,
    state: 'done',
    waiting: 0,
    attempt: 0,
    failures: 0,
    bot: null,
    result: answer.result,
    error: null,
    measured: null,
    composite: false,
    parent: null,
    root: answer.id,
    depth: 0,
    submittedAt: now,
    startedAt: null,
    endedAt: now,
  };
}
