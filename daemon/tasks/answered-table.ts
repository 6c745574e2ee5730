import type { SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import { taskSql } from './statements.js';
import type { Classification, Task } from './task.js';
import { bytesOfTaskId, type TaskId, taskIdOf } from './task-id.js';

/** Whose remembered answer it is; see `Source` of daemon/router/sources.ts. */
export interface AnswerSource {
  /** 32 bytes, a hash of the question and of who answered: request, kind of work, bot and version. */
  readonly key: Buffer;
  readonly owner: number;
  readonly bot: string;
  readonly version: string;
}

/** A submission whose result is known. */
export interface Answered extends Classification {
  readonly id: TaskId;
  readonly owner: number;
  readonly request: SherinId;
  readonly priority: number;
  readonly result: SherinId;
  readonly source: AnswerSource;
}

/** A task that can be forgotten. */
export interface EndedAnswered {
  readonly seq: number;
  readonly answer: number;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

type Row = Pick<Answered, 'owner' | 'request' | 'priority' | 'result'> &
  Classification &
  Pick<Task, 'seq'> & { readonly id: Buffer; readonly measured: number | null; readonly endedAt: number };

/**
 * Tasks that are done from the start, apart from those that bots work on: nothing changes of them but whether the result was good. What many of them have
 * in common is stored once, as an answer, as long as one of them is kept. Changes run in a transaction of the caller.
 */
export class AnsweredTable {
  readonly #database: DaemonDatabase;

  constructor(database: DaemonDatabase) {
    this.#database = database;
  }

  /** @param endedAt milliseconds since 1970 */
  put(all: readonly Answered[], endedAt: number): readonly Task[] {
    const answers = this.#answersOf(all);
    const last = this.#database.get<{ seq: number }>(taskSql.takeNumbers, all.length)?.seq ?? 0;
    const first = last - all.length + 1;
    const ids = Buffer.concat(all.map(({ id }) => bytesOfTaskId(id)));
    for (const { places, ...common } of series(all, answers))
      this.#database.run(taskSql.insertAnswered, {
        first,
        ids,
        endedAt,
        ...common,
        places: JSON.stringify(places),
      });
    return all.map((one, at) => taskOf(one, first + at, null, endedAt));
  }

  get(id: TaskId): Task | null {
    const row = this.#database.get<Row>(taskSql.answered, bytesOfTaskId(id));
    return row === undefined ? null : taskOfRow(row);
  }

  /** The newest first. @param owner none: of all */
  page(owner: number | undefined, before: number, limit: number): Task[] {
    const rows =
      owner === undefined
        ? this.#database.all<Row>(taskSql.pageOfAnswered, before, limit)
        : this.#database.all<Row>(taskSql.pageOfAnsweredOfOwner, owner, before, limit);
    return rows.map(taskOfRow);
  }

  measure(id: TaskId, good: boolean): void {
    this.#database.run(taskSql.measureAnswered, Number(good), bytesOfTaskId(id));
  }

  /** Whether one of them has this result. */
  has(result: SherinId): boolean {
    return this.#database.get(taskSql.answerWithResult, result) !== undefined;
  }

  /** Those that an owner was answered first. @param limit one at least */
  first(owner: number, limit: number): EndedAnswered[] {
    const nth = this.#database.get<{ seq: number }>(taskSql.nthAnswered, owner, limit - 1);
    const last = nth?.seq ?? Number.MAX_SAFE_INTEGER;
    const found = this.#database.get<{ tasks: string }>(taskSql.answeredUpTo, owner, last);
    const rows: [number, number, number][] = JSON.parse(found?.tasks ?? '[]');
    return rows.map(([seq, answer, endedAt]) => ({ seq, answer, endedAt }));
  }

  /** Owners whose first one ended before a time. */
  ownersOfOld(before: number, limit: number): number[] {
    return this.#database
      .all<{ owner: number }>(taskSql.ownersOfOldAnswered, before, limit)
      .map(({ owner }) => owner);
  }

  remove(all: readonly EndedAnswered[]): void {
    if (all.length === 0) return;
    this.#database.run(taskSql.removeAnswered, JSON.stringify(all.map(({ seq }) => seq)));
    const counts = new Map<number, number>();
    for (const { answer } of all) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    for (const [answer, tasks] of counts) {
      this.#database.run(taskSql.withdrawAnswer, tasks, answer);
      this.#database.run(taskSql.dropAnswer, answer);
    }
  }

  /** The number of the answer of each, stored for as many tasks as get it. */
  #answersOf(all: readonly Answered[]): readonly number[] {
    const byRequest = new Map<SherinId, Gift[]>();
    const gifts = all.map((one) => {
      const known = byRequest.get(one.request) ?? [];
      const gift = known.find((other) => isSame(one, other.one)) ?? { one, tasks: 0, answer: 0 };
      if (gift.tasks === 0) byRequest.set(one.request, [...known, gift]);
      gift.tasks += 1;
      return gift;
    });
    for (const gift of new Set(gifts)) gift.answer = this.#give(gift.one, gift.tasks);
    return gifts.map(({ answer }) => answer);
  }

  /** Mostly it is there: what a new row is checked for costs more than to look. */
  #give({ result, request, domain, department, source, ...work }: Answered, tasks: number): number {
    const { key, owner, bot, version } = source;
    const same = [tasks, result, request, key, owner] as const;
    const known = this.#database.get<{ answer: number }>(taskSql.giveAgain, ...same);
    if (known !== undefined) return known.answer;
    const kind = [domain, department, work.class] as const;
    const first = this.#database.get<{ answer: number }>(taskSql.giveFirst, ...same, ...kind, bot, version);
    return first?.answer ?? 0;
  }
}

/** One answer, to so many tasks. */
interface Gift {
  readonly one: Answered;
  tasks: number;
  answer: number;
}

/** Of one request. */
function isSame({ result, source }: Answered, other: Answered): boolean {
  const { owner, key } = other.source;
  return result === other.result && source.owner === owner && (source.key === key || source.key.equals(key));
}

/** Tasks whose rows differ by nothing but number and ID. */
interface Series {
  readonly owner: number;
  readonly answer: number;
  readonly priority: number;
  /** Among all. */
  readonly places: number[];
}

/** A statement for each of them takes less than one that reads all columns of each row from JSON. */
function series(all: readonly Answered[], answers: readonly number[]): Iterable<Series> {
  const found = new Map<string, Series>();
  for (const [at, { owner, priority }] of all.entries()) {
    const answer = answers[at] ?? 0;
    const name = `${owner} ${answer} ${priority}`;
    const known = found.get(name);
    if (known === undefined) found.set(name, { owner, answer, priority, places: [at] });
    else known.places.push(at);
  }
  return found.values();
}

function taskOfRow(row: Row): Task {
  const measured = row.measured === null ? null : row.measured === 1;
  return taskOf({ ...row, id: taskIdOf(row.id) }, row.seq, measured, row.endedAt);
}

/** Field by field: spreads cost more than all the rest. */
function taskOf(
  answered: Omit<Answered, 'source'>,
  seq: number,
  measured: boolean | null,
  endedAt: number,
): Task {
  return {
    seq,
    id: answered.id,
    owner: answered.owner,
    request: answered.request,
    domain: answered.domain,
    department: answered.department,
    class: answered.class,
    priority: answered.priority,
    state: 'done',
    waiting: 0,
    attempt: 0,
    failures: 0,
    bot: null,
    result: answered.result,
    error: null,
    measured,
    composite: false,
    parent: null,
    root: answered.id,
    depth: 0,
    submittedAt: endedAt,
    startedAt: null,
    endedAt,
  };
}
