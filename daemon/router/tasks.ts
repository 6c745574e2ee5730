import type { SherinId } from '../../common/ids.js';
import type { Logger } from '../../common/log.js';
import type { DaemonDatabase } from '../database/database.js';
import { GroupCommit } from '../database/group-commit.js';
import type { EmotionalState } from '../emotion/emotional-state.js';
import { Looks } from '../patterns/looks.js';
import { PatternMemory } from '../patterns/pattern-memory.js';
import { TrustScores } from '../patterns/trust-scores.js';
import { PatternUpkeep } from '../patterns/upkeep.js';
import { hasEnded, type Task } from '../tasks/task.js';
import type { TaskId } from '../tasks/task-id.js';
import { TaskQueue } from '../tasks/task-queue.js';
import type { TaskPage } from '../tasks/task-table.js';
import type { TaskWatch } from '../tasks/task-watch.js';
import { Admission } from './admission.js';
import type { Bots } from './bots.js';
import { Classification } from './classification.js';
import { Execution } from './execution.js';
import { Learning } from './learning.js';
import { Measuring } from './measuring.js';
import type { Objects } from './objects.js';
import type { Policy } from './policy.js';
import { Router } from './router.js';
import { Sources } from './sources.js';
import { Upkeep } from './upkeep.js';

export interface TasksOptions {
  /** Whoever opened it closes it, after {@link Tasks.stop}. */
  readonly database: DaemonDatabase;
  readonly log: Logger;
  readonly objects: Objects;
  readonly policy: Policy;
  readonly emotions: EmotionalState;
  /** Null where no bot is known: then no domain has one. */
  readonly bots: Bots | null;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Tasks by domain. */
export interface DomainCounts {
  readonly domain: string;
  readonly queued: number;
  readonly running: number;
  /** Answered from memory since the start. */
  readonly hits: number;
}

/** All of tasks over one database: what submits them, gives them to bots, and learns from them. */
export class Tasks {
  readonly router: Router;
  readonly watch: TaskWatch;
  readonly upkeep: Upkeep;
  readonly #group: GroupCommit;
  readonly #queue: TaskQueue;
  readonly #learning: Learning;
  readonly #execution: Execution | null;
  readonly #endWatch: () => void;

  /** Attempts that ran when sherind was killed are lost. @throws SherinError DAEMON_DATABASE, NO_SPACE */
  constructor({ database, log, objects, policy, emotions, bots, now = Date.now }: TasksOptions) {
    const group = new GroupCommit(database, log);
    const queue = new TaskQueue({ database, log, now });
    const looks = new Looks(database);
    const memory = new PatternMemory(database, looks, now, (store) => group.gather(store));
    const sources = new Sources(database);
    const measuring = new Measuring(emotions);
    const classification = new Classification(database, bots?.planner ?? null, now);
    const trust = new TrustScores(database);
    const learning = new Learning({ database, queue, memory, trust, sources, measuring });
    const directory = bots?.directory ?? { botFor: () => null };
    const admission = new Admission({ objects, policy, directory, memory, measuring });
    const storing = () => this.#execution?.wakeWithin();
    this.router = new Router({
      ...{ objects, classification, admission, directory, queue, sources, group, storing },
    });
    this.upkeep = new Upkeep({
      ...{ patterns: new PatternUpkeep(database, looks, now), queue, classification, policy, log },
    });
    this.#execution =
      bots === null
        ? null
        : new Execution({ queue, group, bots, classification, learning, log, policy, measuring });
    this.#group = group;
    this.#queue = queue;
    this.#learning = learning;
    this.watch = queue.watch;
    this.#endWatch = queue.watch.subscribe({}, (change) => measuring.changed(change));
  }

  start(): void {
    this.#execution?.start();
    this.upkeep.start();
  }

  /** A bot has room, or came: queued tasks are looked at. */
  wake(): void {
    this.#execution?.wake();
  }

  /** Stops bots, and queues again what they had. */
  async stop(): Promise<void> {
    this.upkeep.stop();
    await this.#execution?.stop();
    this.#endWatch();
    this.#group.flush();
  }

  /** @throws SherinError TASK_UNKNOWN; all that follow DAEMON_DATABASE, too */
  get(id: TaskId): Task {
    this.#group.flush();
    return this.#queue.get(id);
  }

  list(page: TaskPage): readonly Task[] {
    this.#group.flush();
    return this.#queue.list(page);
  }

  /** Nothing changes for one that has ended. @throws SherinError TASK_UNKNOWN */
  cancel(id: TaskId): Task {
    const task = this.get(id);
    return hasEnded(task.state) ? task : this.#queue.cancel(id);
  }

  /** @throws SherinError TASK_NO_PARTS, TASK_UNKNOWN */
  merge(id: TaskId): Task {
    this.#group.flush();
    return this.#queue.mergeNow(id);
  }

  /** @throws SherinError TASK_STATE when it is not done or was measured, TASK_UNKNOWN */
  feedback(id: TaskId, good: boolean): Task {
    return this.#learning.feedback(this.get(id), good);
  }

  /** Whether a task has this result. */
  tellOf(result: SherinId): boolean {
    this.#group.flush();
    return this.#queue.tellsOf(result);
  }

  counts(): readonly DomainCounts[] {
    const [queued, running] = [this.#queue.depths('queued'), this.#queue.depths('running')];
    const { hits } = this.router;
    const domains = [...new Set([...queued.keys(), ...running.keys(), ...hits.keys()])].sort();
    return domains.map((domain) => ({
      ...{ domain, queued: queued.get(domain) ?? 0, running: running.get(domain) ?? 0 },
      hits: hits.get(domain) ?? 0,
    }));
  }
}
