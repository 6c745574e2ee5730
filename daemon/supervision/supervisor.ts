import { setTimeout as sleep } from 'node:timers/promises';
import { allowsOthers } from '../../common/allow-other.js';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import { refuseOtherVault } from '../client/other-vault.js';
import { startSherinFs } from '../client/start-sherin-fs.js';
import type { ControlParams, Status } from '../protocol/control.js';
import type { Supervision } from '../protocol/methods/system.js';
import { Backoff } from './backoff.js';
import { RunningFs } from './running-fs.js';

/** How often the state is noted in which a restart brings sherin-fs back, and a stopped one is looked for. */
const lookMs = 5_000;
const stoppedLookMs = 1_000;
/** Another starter was faster and is not listening yet. */
const busyTries = 50;
const busyMs = 100;
/** Starts of which each met a sherin-fs that ended meanwhile, or was killed before it served, before sherind gives up. */
const firstTries = 3;

/** How sherin-fs is to run: what a restart restores. */
interface Manner {
  readonly mount: ControlParams<'mount'> | null;
  readonly verify: Status['fs']['verify'];
  /** Seconds. */
  readonly autoLock: number | null;
  readonly lockBeforeSleep: boolean;
}

export interface SupervisionFacts {
  readonly state: Supervision;
  readonly restarts: number;
  /** Time of the next start on the clock of performance.now(), while `waiting`. */
  readonly retryAt: number | null;
  readonly lastError: string | null;
  /** It runs, and the last question was not answered in time. */
  readonly unresponsive: boolean;
}

/** Keeps one sherin-fs running and mounted: starts or takes over, watches, starts again, stops. */
export class Supervisor {
  readonly #where: Places;
  readonly #log: Logger;
  readonly #backoff = new Backoff();
  readonly #stop = new AbortController();
  readonly #stopped = new Promise<null>((resolve) => {
    this.#stop.signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  #state: Supervision = 'starting';
  #fs: RunningFs | null = null;
  #manner: Manner;
  #restarts = 0;
  #retryAt: number | null = null;
  #lastError: string | null = null;
  #unresponsive = false;
  #question: Promise<Status | null> | null = null;
  #work: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(where: Places, log: Logger) {
    this.#where = where;
    this.#log = log;
    const mount = { path: where.mount, allowOther: allowsOthers() };
    this.#manner = { mount, verify: 'vertex', autoLock: null, lockBeforeSleep: false };
  }

  /**
   * Takes over the sherin-fs that runs, or starts one; mounts where it is not mounted. One that ends meanwhile is no reason to end: another is started.
   * @throws SherinError as sherin-fs reports it; MOUNT_USED, USAGE when it serves another vault
   */
  async start(): Promise<void> {
    const first = this.#firstUp();
    this.#work = first.catch(() => undefined);
    const fs = await first;
    this.#timer = setInterval(() => void this.status(), lookMs);
    this.#work = this.#supervise(fs).catch((error: unknown) =>
      this.#log.fatal({ err: error }, 'the supervision failed'),
    );
  }

  /** Stops sherin-fs, too. @throws SherinError TIMEOUT */
  async stop(): Promise<void> {
    const fs = await this.#end();
    if (fs === null) return;
    const { lazy } = await fs.stop();
    this.#log.info({ lazy }, 'sherin-fs stopped');
  }

  /** Watches no more; sherin-fs goes on. */
  async leave(): Promise<void> {
    (await this.#end())?.close();
  }

  async #end(): Promise<RunningFs | null> {
    this.#state = 'stopping';
    this.#stop.abort();
    clearInterval(this.#timer);
    await this.#work;
    return this.#fs;
  }

  get facts(): SupervisionFacts {
    return {
      state: this.#state,
      restarts: this.#restarts,
      retryAt: this.#retryAt,
      lastError: this.#lastError,
      unresponsive: this.#unresponsive,
    };
  }

  /** What sherin-fs says now, or null; one question for all who ask at the same time. */
  async status(): Promise<Status | null> {
    this.#question ??= this.#ask().finally(() => {
      this.#question = null;
    });
    // Who asks about one that hangs does not hang with it; the question goes on and notes when it answers again.
    return this.#unresponsive ? null : this.#question;
  }

  async #ask(): Promise<Status | null> {
    const fs = this.#fs;
    if (fs === null) return null;
    try {
      const status = await fs.status();
      this.#unresponsive = false;
      if (this.#state === 'running') this.#manner = mannerOf(status);
      return status;
    } catch (error) {
      this.#unresponsive = error instanceof SherinError && error.code === 'TIMEOUT';
      return null;
    }
  }

  async #supervise(first: RunningFs): Promise<void> {
    let fs: RunningFs | null = first;
    while (fs !== null) {
      const end: 'stopped' | 'replaced' | 'died' | null = await Promise.race([fs.ended(), this.#stopped]);
      if (end === null) return;
      this.#fs = null;
      this.#unresponsive = false;
      this.#log.warn({ end }, 'sherin-fs ended');
      if (end === 'replaced') fs = (await this.#follow()) ?? (await this.#restart());
      else fs = end === 'died' ? await this.#restart() : await this.#awaitStart();
    }
  }

  /** The one that goes on in its place; null where there is none any more. */
  async #follow(): Promise<RunningFs | null> {
    try {
      const fs = await RunningFs.find(this.#where);
      return fs && (await this.#adopt(fs, async () => undefined));
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  /** Starts it again until it runs; null when sherind ends. */
  async #restart(): Promise<RunningFs | null> {
    for (;;) {
      const delay = this.#backoff.delay(performance.now());
      this.#state = 'waiting';
      this.#retryAt = performance.now() + delay;
      const go = await this.#pause(delay);
      this.#retryAt = null;
      if (!go) return null;
      this.#state = 'starting';
      try {
        const fs = await this.#bringUp();
        this.#restarts += 1;
        this.#log.info({ restarts: this.#restarts }, 'sherin-fs was started again');
        return fs;
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** Somebody stopped it on purpose: waits until somebody starts it, and leaves its mount to them. */
  async #awaitStart(): Promise<RunningFs | null> {
    this.#state = 'stopped';
    while (await this.#pause(stoppedLookMs)) {
      try {
        const fs = await RunningFs.find(this.#where);
        if (fs === null) continue;
        return await this.#adopt(fs, async () => undefined);
      } catch (error) {
        this.#failed(error);
      }
    }
    return null;
  }

  async #firstUp(): Promise<RunningFs> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#bringUp();
      } catch (error) {
        const { code } = error instanceof SherinError ? error : { code: null };
        const ended = code === 'NOT_RUNNING' || code === 'START_KILLED';
        if (!ended || tries === firstTries) throw error;
        this.#log.warn({ code }, 'sherin-fs ended before it served');
        // What has killed one that was starting may not be over.
        const delay = code === 'START_KILLED' ? this.#backoff.delay(performance.now()) : 0;
        if (!(await this.#pause(delay))) throw error;
      }
    }
  }

  async #bringUp(): Promise<RunningFs> {
    const found = await RunningFs.find(this.#where);
    if (found === null) return this.#launch();
    return this.#adopt(found, async () => {
      refuseOtherVault(await found.status(), this.#where);
      await this.#mount(found);
    });
  }

  /** Takes over one that somebody else has started, and lets go of it where that can't be. */
  async #adopt(fs: RunningFs, prepare: () => Promise<void>): Promise<RunningFs> {
    try {
      await prepare();
      await this.#takeOver(fs);
      return fs;
    } catch (error) {
      fs.close();
      throw error;
    }
  }

  async #launch(): Promise<RunningFs> {
    const { mount, verify, autoLock, lockBeforeSleep } = this.#manner;
    const flags = autoLock === null ? [] : ['--auto-lock', `${autoLock}s`];
    if (lockBeforeSleep) flags.push('--lock-before-sleep');
    try {
      await startSherinFs(this.#where, ['--verify', verify, ...flags]);
    } catch (error) {
      if (!(error instanceof SherinError && error.code === 'VAULT_BUSY')) throw error;
      const other = await this.#awaitOther();
      if (other === null) throw error;
      return this.#adopt(other, () => this.#mount(other));
    }
    const fs = await RunningFs.find(this.#where);
    if (fs === null) throw new SherinError('NOT_RUNNING', { path: 'it ended at once' });
    return this.#adopt(fs, async () => {
      if (mount === null) return;
      // What was not there before is not left behind half done.
      await fs.mount(mount).catch(async (error: unknown) => {
        await fs.stop().catch(() => undefined);
        throw error;
      });
    });
  }

  async #awaitOther(): Promise<RunningFs | null> {
    for (let tries = 0; tries < busyTries; tries++) {
      const fs = await RunningFs.find(this.#where);
      if (fs !== null) return fs;
      if (!(await this.#pause(busyMs))) return null;
    }
    return null;
  }

  /** Mounts what is not mounted; somebody else's mount of it is as good. */
  async #mount(fs: RunningFs): Promise<void> {
    const { mount } = this.#manner;
    if (mount === null || (await fs.status()).mount !== null) return;
    await fs.mount(mount).catch(async (error: unknown) => {
      if ((await fs.status()).mount === null) throw error;
    });
  }

  async #takeOver(fs: RunningFs): Promise<void> {
    const status = await fs.status();
    this.#fs = fs;
    this.#manner = mannerOf(status);
    this.#lastError = null;
    this.#backoff.started(performance.now());
    if (!this.#stop.signal.aborted) this.#state = 'running';
    this.#log.info({ pid: status.fs.pid, mounted: status.mount !== null }, 'watching sherin-fs');
  }

  #failed(error: unknown): void {
    if (error instanceof SherinError) {
      this.#lastError = error.code;
      this.#log.error({ code: error.code }, 'sherin-fs did not start');
    } else {
      this.#lastError = 'IO';
      this.#log.error({ err: error }, 'sherin-fs did not start');
    }
  }

  /** False as soon as sherind ends. */
  async #pause(milliseconds: number): Promise<boolean> {
    return sleep(milliseconds, true, { signal: this.#stop.signal }).catch(() => false);
  }
}

function mannerOf({ mount, fs, vault }: Status): Manner {
  const { seconds: autoLock, beforeSleep } = vault.autoLock;
  const others = { verify: fs.verify, autoLock, lockBeforeSleep: beforeSleep !== 'off' };
  if (mount === null) return { mount: null, ...others };
  const { path, driver, allowOther, listIds } = mount;
  return { mount: { path, driver, allowOther, listIds }, ...others };
}
