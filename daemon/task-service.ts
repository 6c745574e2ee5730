import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../common/errors.js';
import type { Logger } from '../common/log.js';
import { projectRoot } from '../common/project.js';
import { removeLeftovers } from './bots/leftovers.js';
import { stateDirectory } from './database/state-directory.js';
import type { EmotionalState } from './emotion/emotional-state.js';
import { Engine } from './engine/engine.js';
import type { DaemonEvent } from './events/daemon-event.js';
import { OwnEvents } from './events/own-events.js';
import type { FsLink } from './fs-link.js';
import { FsObjects } from './fs-objects.js';
import { type Trust, TrustScores } from './patterns/trust-scores.js';
import type { FsEvent } from './protocol/events.js';
import { botsAtWork } from './roster/at-work.js';
import { BotRecords } from './roster/bot-records.js';
import type { HostedBot } from './roster/hosted-bot.js';
import { Registry, shippedBots } from './roster/registry.js';
import { Roster } from './roster/roster.js';
import { Tasks } from './router/tasks.js';

const againMs = 1_000;
/** Bots that come along. */
const shipped = join(projectRoot, 'dist/bots');

export interface TaskServiceOptions {
  readonly log: Logger;
  /** A folder of sherind that others may pass, for bots. */
  readonly runtime: string;
  /** Where the vault is mounted now; null: nowhere. */
  readonly mount: () => Promise<string | null>;
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
  #roster: Roster | null = null;
  #events: OwnEvents | null = null;
  #fault: SherinError | null = null;

  constructor(options: TaskServiceOptions) {
    this.#options = options;
  }

  /** Resolves when there are tasks, or can't be any. */
  async start(): Promise<void> {
    const vault = await this.#vault();
    if (vault === null) return;
    const { state, log, fs, emotions, tell } = this.#options;
    try {
      const directory = stateDirectory(state, vault.uuid);
      const engine = new Engine(directory, { fs, log, emotions });
      this.#engine = engine;
      // One that is sealed stays so: its policy is read by whoever needs it first.
      if (vault.state === 'unlocked') await engine.opened();
      const { database, policy } = engine;
      const roster = this.#rosterOf(engine, directory);
      const bots = botsAtWork(roster, fs);
      const tasks = new Tasks({
        ...{ database, log, policy, emotions, bots },
        objects: new FsObjects(fs, log),
      });
      [this.#roster, this.#tasks] = [roster, tasks];
      this.#events = new OwnEvents(engine, tasks.watch, tell);
      engine.approved.on('pattern_promotion', (action) => tasks.upkeep.approved(action));
      tasks.start();
      this.#open(vault.state);
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
    await this.#roster?.end();
    await this.#tasks?.stop();
    this.#tasks = null;
    this.#roster = null;
    this.#events?.stop();
    this.#engine?.close();
    this.#engine = null;
  }

  /** An event of sherin-fs. */
  heard(event: FsEvent): void {
    this.#engine?.heard(event);
    if (event.kind === 'lock') this.#open(event.state);
    if (event.kind === 'mount') this.#stopping(this.#roster?.mounted(event.mounted));
  }

  /** The sherin-fs that was heard has ended. */
  lost(): void {
    this.#stopping(this.#roster?.lost());
  }

  /** @throws as {@link tasks} */
  get roster(): Roster {
    return this.#there(this.#roster);
  }

  /** None before there are any. */
  get bots(): readonly HostedBot[] {
    return this.#roster?.all() ?? [];
  }

  /** @throws as {@link tasks} */
  get engine(): Engine {
    return this.#there(this.#engine);
  }

  /** @throws SherinError BUSY before there are any, DAEMON_DATABASE… where there can't be */
  get tasks(): Tasks {
    return this.#there(this.#tasks);
  }

  /** How far results of a bot's version can be trusted, as far as they were measured. @throws as {@link tasks} */
  trustOf(bot: string, version: string): Trust {
    const scores = new TrustScores(this.engine.database);
    return { score: scores.scoreOf(bot, version), measurements: scores.measurementsOf(bot, version) };
  }

  get known(): Tasks | null {
    return this.#tasks;
  }

  /** True where there will be none. */
  get failed(): boolean {
    return this.#fault !== null;
  }

  /** Bots run once the vault is open; one that is sealed is opened by them where work waits, as by whoever reads. */
  #open(state: string): void {
    const waits = this.#tasks?.counts().some(({ queued, running }) => queued + running > 0) ?? false;
    if (state === 'unlocked' || (state === 'sealed' && waits)) this.#roster?.opened();
  }

  #stopping(work: Promise<void> | undefined): void {
    work?.catch((error: unknown) => this.#options.log.error({ err: error }, 'bots did not stop'));
  }

  #there<T>(one: T | null): T {
    if (one !== null) return one;
    throw this.#fault ?? new SherinError('BUSY', { what: 'the start or end of sherind' });
  }

  #rosterOf({ database, policy }: Engine, directory: string): Roster {
    const { log, fs, runtime, mount, tell } = this.#options;
    removeLeftovers(runtime);
    const registry = new Registry(database, directory, shippedBots(shipped), Date.now);
    const records = new BotRecords(fs, log);
    const roster = new Roster(registry, {
      ...{ fs, log, runtime, mount },
      changed: (bot) => {
        if (records.changed(bot)) tell({ kind: 'bot', bot: bot.name, state: roster.stateOf(bot) });
        this.#tasks?.wake();
      },
      refused: (bot, refusal) => records.refused(bot, refusal),
    });
    // One that was set before this start is on from the first bot.
    if (policy.get().stop !== 'off') void roster.halt();
    policy.watch(() => {
      if (policy.get().stop === 'off') roster.resume();
    });
    return roster;
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
