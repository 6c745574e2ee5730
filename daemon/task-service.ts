import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../common/errors.js';
import type { Logger } from '../common/log.js';
import { stateDirectory } from './database/state-directory.js';
import type { EmotionalState } from './emotion/emotional-state.js';
import { Engine } from './engine/engine.js';
import type { DaemonEvent } from './events/daemon-event.js';
import { OwnEvents } from './events/own-events.js';
import type { FsLink } from './fs-link.js';
import { FsObjects } from './fs-objects.js';
import type { FsEvent } from './protocol/events.js';
import { Tasks, type TasksOptions } from './router/tasks.js';

const againMs = 1_000;

export interface TaskServiceOptions extends Pick<TasksOptions, 'bots'> {
  readonly log: Logger;
  readonly fs: FsLink;
  readonly emotions: EmotionalState;
  /** Told of what happens here. */
  readonly tell: (event: DaemonEvent) => void;
  /** Of all vaults, see `Places.daemonState`. */
  readonly state: string;
  /** Which vault it is, null while nobody tells. */
  readonly vault: () => Promise<{ readonly uuid: string; readonly state: string } | null>;
}

/** Policy and tasks of the vault, from the moment on that it is known which one it is. Without them the vault is served all the same. */
export class TaskService {
  readonly #options: TaskServiceOptions;
  readonly #stop = new AbortController();
  #engine: Engine | null = null;
  #tasks: Tasks | null = null;
  #events: OwnEvents | null = null;
  #fault: SherinError | null = null;

  constructor(options: TaskServiceOptions) {
    this.#options = options;
  }

  /** Resolves when there are tasks, or can't be any. */
  async start(): Promise<void> {
    const vault = await this.#vault();
    if (vault === null) return;
    const { state, log, fs, emotions, bots, tell } = this.#options;
    try {
      const engine = new Engine(stateDirectory(state, vault.uuid), { fs, log, emotions });
      this.#engine = engine;
      // One that is sealed stays so: its policy is read by whoever needs it first.
      if (vault.state === 'unlocked') await engine.opened();
      const { database, policy } = engine;
      const tasks = new Tasks({ ...{ database, log, policy, emotions, bots }, objects: new FsObjects(fs) });
      this.#tasks = tasks;
      this.#events = new OwnEvents(engine, tasks.watch, tell);
      tasks.start();
    } catch (error) {
      log.error({ err: error }, 'there are no tasks');
      this.#fault =
        error instanceof SherinError
          ? error
          : new SherinError('IO', { what: 'the start of tasks', part: '' });
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#tasks?.stop();
    this.#tasks = null;
    this.#events?.stop();
    this.#engine?.close();
    this.#engine = null;
  }

  /** An event of sherin-fs. */
  heard(event: FsEvent): void {
    this.#engine?.heard(event);
  }

  /** @throws as {@link tasks} */
  get engine(): Engine {
    if (this.#engine !== null) return this.#engine;
    throw this.#fault ?? new SherinError('BUSY', { what: 'the start or end of sherind' });
  }

  /** @throws SherinError BUSY before there are any, DAEMON_DATABASE… where there can't be */
  get tasks(): Tasks {
    if (this.#tasks !== null) return this.#tasks;
    throw this.#fault ?? new SherinError('BUSY', { what: 'the start or end of sherind' });
  }

  get known(): Tasks | null {
    return this.#tasks;
  }

  /** True where there will be none. */
  get failed(): boolean {
    return this.#fault !== null;
  }

  async #vault(): ReturnType<TaskServiceOptions['vault']> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const vault = await this.#options.vault();
      if (vault !== null && !signal.aborted) return vault;
      await sleep(againMs, undefined, { signal }).catch(() => undefined);
    }
    return null;
  }
}
