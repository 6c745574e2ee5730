/** Tasks over a database of their own; bots are functions or real processes, rights are what a test says. */

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { emotionClock } from '../../common/emotion-clock.js';
import { SherinError } from '../../common/errors.js';
import { asSherinId, parseSherinId, type SherinId } from '../../common/ids.js';
import { DaemonDatabase } from '../database/database.js';
import { EmotionalState } from '../emotion/emotional-state.js';
import { consider, type Request } from '../policy/consider.js';
import type { Feelings, Verdict } from '../policy/evaluate.js';
import { firstState, type PolicyState } from '../policy/state.js';
import type { Goodness } from '../protocol/admission.js';
import type { DaemonAuditEvent } from '../protocol/engine.js';
import type { Task } from '../tasks/task.js';
import type { TaskId } from '../tasks/task-id.js';
import type { Bot, Bots, Grant, Outcome } from './bots.js';
import type { Admission, Asker, Objects } from './objects.js';
import type { Policy, Weighed } from './policy.js';
import { Tasks } from './tasks.js';

/** The Sherin ID of a name: the same one for the same name. */
export function idOf(name: string | number, namespace = 'TASK'): SherinId {
  const hex = createHash('sha256').update(String(name)).digest('hex').slice(0, 32);
  return asSherinId(`${namespace}_20260101_${hex}`);
}

export function asker(uid: number): Asker {
  return { uid, gid: uid, groups: [], pid: null };
}

/** Whoever is named may read an object; nobody else, and nobody one that is damaged. */
export class Rights implements Objects {
  readonly readers = new Map<SherinId, readonly number[]>();
  readonly damaged = new Set<SherinId>();
  /** What the submissions have put on record. */
  readonly recorded: DaemonAuditEvent[] = [];
  /** What the next submissions are answered. */
  fault: Error | null = null;
  /** How often it was asked about an object. */
  asked = 0;

  async require(id: SherinId, { uid }: Asker): Promise<void> {
    this.asked += 1;
    if (!this.#may(id, uid)) throw new SherinError('ID_UNKNOWN', { id });
  }

  async admit({ reads, results, events }: Admission, asker: Asker): Promise<readonly Goodness[]> {
    if (this.fault !== null) throw this.fault;
    for (const id of reads) await this.require(id, asker);
    this.recorded.push(...events);
    return results.map((id) => (this.#may(id, asker.uid) ? 'unverified' : 'none'));
  }

  async verifies(id: SherinId): Promise<boolean> {
    this.asked += 1;
    return !this.damaged.has(id);
  }

  #may(id: SherinId, uid: number): boolean {
    return (this.readers.get(id) ?? [uid]).includes(uid);
  }
}

export class PolicyFixture implements Policy {
  readonly #emotions: EmotionalState;
  readonly #watchers = new Set<() => void>();
  readonly considered: Request[] = [];
  state: PolicyState = firstState;

  constructor(emotions: EmotionalState) {
    this.#emotions = emotions;
  }

  get = () => this.state;
  feelings = () => this.#emotions.emotion(emotionClock());

  weigh(request: Request, feelings: Feelings): Weighed | null {
    const { state, verdict, events } = consider(this.state, request, feelings, 1n);
    if (state !== this.state) return null;
    this.considered.push(request);
    return { verdict, events };
  }

  async consider(request: Request, feelings: Feelings): Promise<Verdict> {
    this.considered.push(request);
    const { state, verdict } = consider(this.state, request, feelings, 1n);
    this.state = state;
    return verdict;
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  set(change: Partial<PolicyState>): void {
    this.state = { ...this.state, ...change };
    for (const changed of this.#watchers) changed();
  }
}

export type Work = (task: Task, grant: Grant, signal: AbortSignal) => Promise<Outcome>;

/** Bots that work as a test says, two tasks at a time in each domain. */
export class BotsFixture implements Bots {
  readonly bots = new Map<string, Bot>();
  readonly granted: Grant[] = [];
  readonly open = new Set<Grant>();
  readonly running = new Set<Task>();
  work: Work = async (task) => ({ kind: 'result', written: idOf(task.request, 'OUT') });
  capacity = 2;
  stops = 0;
  planner: Bots['planner'] = null;
  /** What the next calls throw. */
  fault: SherinError | null = null;
  /** Why the gate says no; null: it passes all. */
  refusal: string | null = null;

  constructor(...domains: readonly string[]) {
    for (const domain of domains) this.put(domain);
  }

  put(domain: string, change: Partial<Bot> = {}): void {
    const usual = { bot: `${domain}-bot`, version: '1.0', inputs: 'pure', timeout: 30_000 } as const;
    this.bots.set(domain, { ...usual, ...change });
  }

  identityOf = asker;
  directory = { botFor: (domain: string) => this.bots.get(domain) ?? null };
  gate = {
    judge: async (_task: Task, _grant: Grant, written: SherinId) => ({
      judgement:
        this.refusal === null
          ? ({ pass: true, id: written } as const)
          : ({ pass: false, reason: this.refusal } as const),
      judge: 'gate',
      shut: async () => undefined,
    }),
  };

  grants = {
    add: async (grant: Grant) => {
      if (this.fault !== null) throw this.fault;
      this.granted.push(grant);
      this.open.add(grant);
    },
    end: async (grant: Grant) => void this.open.delete(grant),
    seal: async (_: Grant, written: SherinId) => written,
    takeRequest: async (_: Grant, written: SherinId) => asSherinId(written.replace(/^[A-Z]+/, 'TASK')),
    takeResult: async (grant: Grant, written: SherinId, owner: number) => {
      this.open.delete(grant);
      return idOf(`${owner} ${parseSherinId(written).tag.toString('hex')}`, 'RESULT');
    },
  };

  runner = {
    capacity: () => this.capacity,
    run: async (task: Task, grant: Grant, signal: AbortSignal) => {
      this.running.add(task);
      return this.work(task, grant, signal).finally(() => this.running.delete(task));
    },
    stopAll: async () => {
      this.stops += 1;
    },
  };
}

export class RoomFixture {
  readonly directory: string;
  readonly objects = new Rights();
  readonly emotions = new EmotionalState();
  readonly policy = new PolicyFixture(this.emotions);
  readonly bots: BotsFixture;
  /** What the tasks have logged as errors, a JSON object each. */
  readonly logged: string[] = [];
  tasks: Tasks;
  #database: DaemonDatabase | null = null;
  now = 1_800_000_000_000;

  constructor(bots = new BotsFixture('coding', 'logic', 'merge'), directory?: string) {
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'sherind-router-'));
    this.bots = bots;
    this.tasks = this.#tasks();
  }

  /** The tasks of the same database, once those before have ended. */
  reopen(): void {
    this.tasks = this.#tasks();
  }

  /** As after a clean stop and a start of sherind. */
  async restart(): Promise<void> {
    await this.tasks.stop();
    this.reopen();
    this.tasks.start();
  }

  /** Submits for uid 1000. */
  submit(name: string | number, more: object = {}) {
    return this.submitAs(1000, name, more);
  }

  submitAs(uid: number, name: string | number, more: object = {}) {
    const usual = { request: idOf(name), inputs: [], priority: 5, emotion: {}, domain: 'coding' } as const;
    return this.tasks.router.submit(asker(uid), { ...usual, ...more });
  }

  /** The task that a part belongs to. */
  parentOf(part?: TaskId): Task {
    const parent = part === undefined ? null : this.tasks.get(part).parent;
    if (parent === null) throw new Error('no part of a task');
    return this.tasks.get(parent);
  }

  /** The task once it has ended. */
  async ended(id: TaskId): Promise<Task> {
    return this.until(id, ({ endedAt }) => endedAt !== null);
  }

  async until(id: TaskId, holds: (task: Task) => boolean): Promise<Task> {
    for (let tries = 0; tries < 2000; tries++) {
      const task = this.tasks.get(id);
      if (holds(task)) return task;
      await sleep(5);
    }
    throw new Error(`${JSON.stringify(this.tasks.get(id))} stays so`);
  }

  /** Nobody works on it: another process may. */
  async close(): Promise<void> {
    await this.tasks.stop().catch(() => undefined);
    this.#database?.close();
    this.#database = null;
  }

  async end(): Promise<void> {
    await this.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #tasks(): Tasks {
    const { objects, policy, emotions, bots } = this;
    const log = pino({ level: 'error' }, { write: (line) => this.logged.push(line) });
    this.#database?.close();
    const database = DaemonDatabase.open(this.directory);
    this.#database = database;
    return new Tasks({ database, objects, policy, emotions, bots, log, now: () => this.now });
  }
}
