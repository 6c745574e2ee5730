import { hasEnded, type Task } from '../tasks/task.js';
import type { TaskChange } from '../tasks/task-watch.js';
import { Attempt, type AttemptParts } from './attempt.js';
import type { Measuring } from './measuring.js';
import type { Policy } from './policy.js';

/** Milliseconds until the next try where the vault is closed, or the disk is full. */
const closedMs = 1_000;
/** How often it is noted how many wait, and how much runs. */
const observeMs = 5_000;

export interface ExecutionParts extends AttemptParts {
  readonly policy: Policy;
  readonly measuring: Measuring;
}

interface Begun {
  readonly task: Task;
  readonly attempt: Attempt;
}

interface Running extends Begun {
  readonly ended: Promise<void>;
}

/** Layer 2: gives queued tasks to bots that have room, and sees each attempt to its end. */
export class Execution {
  readonly #parts: ExecutionParts;
  readonly #running = new Set<Running>();
  readonly #ends: (() => void)[] = [];
  #turn: NodeJS.Immediate | null = null;
  #closed: NodeJS.Timeout | null = null;
  #beginning: Promise<void> = Promise.resolve();
  /** What is begun next is asked for, and not stored yet. */
  #asked = false;
  /** The last task that was to begin did: grants are asked for before the next one is stored. */
  #stores = true;
  #stopped = false;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  /** Goes on with what is queued, since before a restart, too. */
  start(): void {
    const { queue, policy, measuring } = this.#parts;
    const observing = setInterval(() => measuring.observed(this.#load()), observeMs);
    this.#ends.push(
      queue.watch.subscribe({}, (change) => this.#changed(change)),
      policy.watch(() => this.#policyChanged()),
      () => clearInterval(observing),
    );
    this.wake();
  }

  /** Looks for work at the end of this turn: a task came, or a bot has room. */
  wake(): void {
    if (this.#stopped) return;
    this.#turn ??= setImmediate(() => {
      this.#turn = null;
      this.#begin();
    });
  }

  /** As {@link wake}, together with the task that is being stored: one sync of the disk for both. */
  wakeWithin(): void {
    if (!this.#stopped) this.#begin();
  }

  /** Stops all bots; what ran is queued again without blame. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const end of this.#ends) end();
    if (this.#turn !== null) clearImmediate(this.#turn);
    if (this.#closed !== null) clearTimeout(this.#closed);
    await this.#beginning;
    for (const { attempt } of this.#running) attempt.leave();
    await this.#release();
  }

  #changed({ task, from }: TaskChange): void {
    // What has ended from the start gives no work, and no bot room: thousands a second may be answered from memory.
    if (from === null && hasEnded(task.state)) return;
    // Of what has ended otherwise than by its own attempt, that is stopped.
    if (hasEnded(task.state)) {
      for (const one of this.#running) if (one.task.id === task.id) one.attempt.stop('cancelled');
    }
    this.wake();
  }

  #policyChanged(): void {
    if (this.#parts.policy.get().stop === 'off') this.wake();
    else
      this.#release().catch((error: unknown) => this.#parts.log.error({ err: error }, 'bots did not stop'));
  }

  async #release(): Promise<void> {
    const running = [...this.#running];
    for (const { attempt } of running) attempt.stop('released');
    await this.#parts.bots.runner.stopAll();
    await Promise.all(running.map(({ ended }) => ended));
  }

  #begin(): void {
    const { policy, group, log } = this.#parts;
    if (this.#stopped || this.#asked || this.#closed !== null || policy.get().stop !== 'off') return;
    this.#asked = true;
    const begun: Begun[] = [];
    this.#beginning = group
      .run(() => this.#next(begun))
      .then(
        () => {
          this.#asked = false;
          this.#stores = true;
          for (const one of begun) this.#run(one);
        },
        async (error: unknown) => {
          log.error({ err: error }, 'no task could be begun');
          this.#stores = false;
          // Before the same task can begin once more: its grant would end with this one.
          await Promise.all(begun.map(({ attempt }) => attempt.abandon()));
          this.#asked = false;
          this.#rest();
        },
      );
  }

  /** Tasks for all bots that have room. @param begun gets them, those too that an error takes back */
  #next(begun: Begun[]): void {
    const { queue, bots, policy } = this.#parts;
    // Since it was asked for.
    if (this.#stopped || policy.get().stop !== 'off') return;
    for (const domain of queue.depths('queued').keys()) {
      const bot = bots.directory.botFor(domain);
      if (bot === null) continue;
      for (let room = this.#room(domain); room > 0; room--) {
        const task = queue.begin(domain, bot.bot);
        if (task === null) break;
        begun.push({ task, attempt: new Attempt(this.#parts, task, bot, this.#stores) });
      }
    }
  }

  #room(domain: string): number {
    const taken = [...this.#running].filter(({ task }) => task.domain === domain).length;
    return this.#parts.bots.runner.capacity(domain) - taken;
  }

  #run({ task, attempt }: Begun): void {
    const ended = attempt.run().then((end) => {
      this.#running.delete(one);
      if (end === 'closed') this.#rest();
      this.wake();
    });
    const one: Running = { task, attempt, ended };
    this.#running.add(one);
    if (this.#stopped || this.#parts.policy.get().stop !== 'off') attempt.stop('released');
  }

  /** The vault is closed, or nothing can be stored: nothing is begun for a second. */
  #rest(): void {
    if (this.#stopped) return;
    this.#closed ??= setTimeout(() => {
      this.#closed = null;
      this.wake();
    }, closedMs);
  }

  #load(): { readonly users: number; readonly queue: number; readonly load: number } {
    const { queue, bots } = this.#parts;
    const { users, share } = queue.pressure();
    const domains = new Set([...queue.depths('queued').keys(), ...queue.depths('running').keys()]);
    const places = [...domains].reduce((sum, domain) => sum + bots.runner.capacity(domain), 0);
    return { users, queue: share, load: places === 0 ? 0 : Math.min(1, this.#running.size / places) };
  }
}
