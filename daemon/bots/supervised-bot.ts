import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import type { SherinId } from '../../common/ids.js';
import type { Logger } from '../../common/log.js';
import { Backoff } from '../supervision/backoff.js';
import { BotInstance, type InstanceEnd, type InstanceOptions, tryInstance } from './instance.js';
import type { LimitsInForce } from './limits.js';
import type { TaskMessage } from './messages.js';
import type { TaskOutcome } from './tasks-in-flight.js';

/** Instances in a row that ended without an answer before no other is started. */
const failuresLimit = 3;

export type BotState =
  /** Started, and no heartbeat yet. */
  | 'starting'
  | 'ready'
  /** It ended; the next start waits. */
  | 'waiting'
  /** It ended three times without an answer, and is not started again. */
  | 'failed'
  | 'stopped';

export interface SupervisedBotOptions extends InstanceOptions {
  readonly log: Logger;
  readonly changed: (state: BotState) => void;
}

export interface BotFacts {
  readonly state: BotState;
  /** How often it was started again. */
  readonly restarts: number;
  /** Why the last instance ended; null before one did. */
  readonly lastEnd: InstanceEnd | null;
  /** What holds the instance that runs. */
  readonly limits: LimitsInForce | null;
}

/** A bot that is kept running: one instance after the other, with waits that grow, until it fails for good or is stopped. */
export class SupervisedBot {
  readonly #options: SupervisedBotOptions;
  readonly #log: Logger;
  readonly #backoff = new Backoff();
  readonly #stop = new AbortController();
  #state: BotState = 'stopped';
  #instance: BotInstance | null = null;
  #restarts = 0;
  #failures = 0;
  #lastEnd: InstanceEnd | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(options: SupervisedBotOptions) {
    this.#options = options;
    this.#log = options.log.child({ bot: options.program.manifest.bot_id });
  }

  get state(): BotState {
    return this.#state;
  }

  get facts(): BotFacts {
    return {
      state: this.#state,
      restarts: this.#restarts,
      lastEnd: this.#lastEnd,
      limits: this.#instance?.limits ?? null,
    };
  }

  /**
   * Resolves when it is ready; later ends are its own affair. To be called once.
   * @throws SherinError SANDBOX_FAILED, TOOL_MISSING; BOT_FAILED when it never was ready
   */
  async start(): Promise<void> {
    await tryInstance(this.#options);
    await new Promise<void>((resolve, reject) => {
      this.#work = this.#supervise(resolve).then(() => {
        const { bot_id } = this.#options.program.manifest;
        reject(new SherinError('BOT_FAILED', { bot: bot_id, part: this.#lastEnd ?? 'stopped' }));
      }, reject);
    });
  }

  /** The outcome of one attempt; null when it takes no task now, or works on this one. @throws ZodError for what is no task */
  give(task: TaskMessage): Promise<TaskOutcome> | null {
    const instance = this.#instance;
    if (instance === null || !instance.free || instance.has(task.task_id)) return null;
    return instance.give(task).then((outcome) => {
      if (outcome.kind !== 'failed') this.#failures = 0;
      return outcome;
    });
  }

  /** Ends the instance that works on a task, and starts another: nobody wants the answer any more. */
  drop(taskId: SherinId): void {
    if (this.#instance?.has(taskId)) this.#instance.stop('cancelled');
  }

  /** Ends its processes now; resolves when they are gone. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#instance?.stop('stopped');
    await this.#work.catch(() => undefined);
    if (this.#state !== 'failed') this.#change('stopped');
  }

  async #supervise(ready: () => void): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#change('starting');
      const end = await this.#run(ready);
      this.#lastEnd = end;
      if (this.#stop.signal.aborted) return;
      // It is not to blame.
      if (end === 'cancelled') continue;
      this.#failures += 1;
      this.#log.warn({ end, failures: this.#failures }, 'a bot ended');
      if (this.#failures >= failuresLimit) {
        this.#change('failed');
        return;
      }
      this.#change('waiting');
      await sleep(this.#backoff.delay(performance.now()), undefined, { signal: this.#stop.signal }).catch(
        () => undefined,
      );
      if (!this.#stop.signal.aborted) this.#restarts += 1;
    }
  }

  /** One instance from its start to its end. */
  async #run(ready: () => void): Promise<InstanceEnd> {
    const instance = this.#launch();
    if (instance === null) return 'start';
    this.#instance = instance;
    void instance.ready.then(() => {
      if (this.#instance !== instance || this.#stop.signal.aborted) return;
      this.#backoff.started(performance.now());
      this.#change('ready');
      ready();
    });
    const end = await instance.ended;
    this.#instance = null;
    return end;
  }

  /** Null where not even the start was possible: the runtime folder or bubblewrap is gone. */
  #launch(): BotInstance | null {
    try {
      return new BotInstance(this.#options);
    } catch (error) {
      this.#log.error({ err: error }, 'a bot could not be started');
      return null;
    }
  }

  #change(state: BotState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.changed(state);
  }
}
