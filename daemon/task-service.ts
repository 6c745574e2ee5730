import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../common/errors.js';
import type { Logger } from '../common/log.js';
import { stateDirectory } from './database/state-directory.js';
import { Tasks, type TasksOptions } from './router/tasks.js';

const againMs = 1_000;

export interface TaskServiceOptions extends Omit<TasksOptions, 'directory'> {
  readonly log: Logger;
  /** Of all vaults, see `Places.daemonState`. */
  readonly state: string;
  /** UUID of the vault, null while nobody tells. */
  readonly vault: () => Promise<string | null>;
}

/** Tasks of the vault, from the moment on that it is known which one it is. Without them the vault is served all the same. */
export class TaskService {
  readonly #options: TaskServiceOptions;
  readonly #stop = new AbortController();
  #tasks: Tasks | null = null;
  #fault: SherinError | null = null;

  constructor(options: TaskServiceOptions) {
    this.#options = options;
  }

  /** Resolves when there are tasks, or can't be any. */
  async start(): Promise<void> {
    const vault = await this.#vault();
    if (vault === null) return;
    const { state, log } = this.#options;
    try {
      const tasks = new Tasks({ ...this.#options, directory: stateDirectory(state, vault) });
      this.#tasks = tasks;
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

  async #vault(): Promise<string | null> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const vault = await this.#options.vault();
      if (vault !== null && !signal.aborted) return vault;
      await sleep(againMs, undefined, { signal }).catch(() => undefined);
    }
    return null;
  }
}
