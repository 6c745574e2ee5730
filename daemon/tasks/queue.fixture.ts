/** A queue in a database of its own, with a clock that tests move. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { DaemonDatabase } from '../database/database.js';
import type { Answered } from './answered-table.js';
import type { Submission } from './submission.js';
import type { Task } from './task.js';
import { newTaskId } from './task-id.js';
import { TaskQueue, type TaskQueueOptions } from './task-queue.js';

export class QueueFixture {
  readonly directory = mkdtempSync(join(tmpdir(), 'sherind-tasks-'));
  readonly #options: Partial<TaskQueueOptions>;
  database: DaemonDatabase;
  queue: TaskQueue;
  now = 1_800_000_000_000;

  constructor(options: Partial<TaskQueueOptions> = {}) {
    this.#options = options;
    this.database = DaemonDatabase.open(this.directory);
    this.queue = this.#queue();
  }

  /** As after a restart of sherind. */
  reopen(): void {
    this.database.close();
    this.database = DaemonDatabase.open(this.directory);
    this.queue = this.#queue();
  }

  end(): void {
    this.database.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** A task whose result was known. */
  answered(change: Partial<Answered> = {}): Task {
    const { owner, request, domain, department, ...work } = sample();
    const usual = { owner, request: asSherinId(request), domain, department, class: work.class };
    const source = { key: createHash('sha256').update(request).digest(), owner, bot: 'bot', version: '1.0' };
    const answer = {
      id: newTaskId(),
      source,
      priority: 5,
      result: idOf('a result'),
      ...usual,
      ...change,
    };
    const [task] = this.queue.answered([answer]);
    if (task === undefined) throw new Error('it was not stored');
    return task;
  }

  #queue(): TaskQueue {
    const log = pino({ level: 'silent' });
    return new TaskQueue({ database: this.database, log, now: () => this.now, ...this.#options });
  }
}

/** The Sherin ID of a name: the same one for the same name. */
export function idOf(name: string | number): SherinId {
  const hex = createHash('sha256').update(String(name)).digest('hex').slice(0, 32);
  return asSherinId(`INBOX_20260101_${hex}`);
}

export function sample(change: Partial<Submission> = {}): Submission {
  const usual = { domain: 'coding', department: 'python', class: 'write' };
  return { owner: 1000, request: idOf('a request'), ...usual, ...change };
}
