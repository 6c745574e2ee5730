import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import type { SherinId } from '../../common/ids.js';
import type { Logger } from '../../common/log.js';
import type { GroupCommit } from '../database/group-commit.js';
import type { Task } from '../tasks/task.js';
import type { TaskQueue } from '../tasks/task-queue.js';
import type { Bot, Bots, Grant, Judged, Outcome } from './bots.js';
import type { Classification } from './classification.js';
import type { Learning } from './learning.js';
import { type Asked, keyOf } from './sources.js';

/** Milliseconds until the end of an attempt is stored once more, where the disk was full. */
const againMs = 1_000;

export interface AttemptParts {
  readonly queue: TaskQueue;
  readonly group: GroupCommit;
  readonly bots: Bots;
  readonly classification: Classification;
  readonly learning: Learning;
  readonly log: Logger;
}

/** Why an attempt was stopped from outside. `released`: bots are stopped, and nobody is to blame. */
export type Stop = 'cancelled' | 'released' | 'late';

/** How it ended. `closed`: the vault is locked, or sherin-fs is away; the next attempt has to wait for that. */
export type Ended = 'settled' | 'closed';

/** One attempt of one task by one bot: grant → bot → safety gate → result, or why there is none. */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #task: Task;
  readonly #bot: Bot;
  readonly #grant: Grant;
  #granted: Promise<void> | null = null;
  /** The grant has ended with the result. */
  #taken = false;
  readonly #stop = new AbortController();
  #reason: Stop | null = null;
  #fsGone = false;
  /** sherind ends. */
  #left = false;

  /**
   * In the transaction in which it begins. What follows is {@link run} or, where nothing was committed, {@link abandon}.
   * @param early asks for the grant at once: it is put on record while that is committed, two syncs of the disk side by side
   */
  constructor(parts: AttemptParts, task: Task, bot: Bot, early: boolean) {
    this.#parts = parts;
    this.#task = task;
    this.#bot = bot;
    this.#grant = this.#wanted();
    // Who waits for it hears of its failure.
    if (early) this.#ask().catch(() => undefined);
  }

  /** What comes of it afterwards does not count. */
  stop(reason: Stop): void {
    this.#reason ??= reason;
    this.#stop.abort();
  }

  /** As {@link stop}, released: sherind ends, and what can't be stored now is for its next start. */
  leave(): void {
    this.#left = true;
    this.stop('released');
  }

  /** It has not begun: what was granted for it ends. Never rejects. */
  async abandon(): Promise<void> {
    const granted = await this.#granted?.then(
      () => true,
      () => false,
    );
    if (granted === true) await this.#endGrant();
  }

  /** Resolves when the task has gone on: done, failed, queued again… Never rejects. */
  async run(): Promise<Ended> {
    const timer = setTimeout(() => this.stop('late'), this.#bot.timeout);
    try {
      await this.#work(timer);
      return 'settled';
    } catch (error) {
      return await this.#failed(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #work(timer: NodeJS.Timeout): Promise<void> {
    await this.#ask();
    try {
      const outcome = await this.#answer(this.#grant);
      clearTimeout(timer);
      await this.#settle(this.#grant, outcome);
    } finally {
      if (!this.#taken) await this.#endGrant();
    }
  }

  #ask(): Promise<void> {
    this.#granted ??= this.#parts.bots.grants.add(this.#grant, this.#task.owner).catch(async (error) => {
      // It may come yet, unless it is ended.
      if (isGivenUp(error)) await this.#endGrant();
      throw error;
    });
    return this.#granted;
  }

  async #endGrant(): Promise<void> {
    const { bots, log } = this.#parts;
    await bots.grants.end(this.#grant).catch((error: unknown) => {
      // It has ended with the sherin-fs that had made it, and the bot could not but fail.
      if (isGone(error)) this.#fsGone = true;
      else log.error({ err: error, task: this.#grant.task }, 'a grant did not end');
    });
  }

  #wanted(): Grant {
    const { id, attempt } = this.#task;
    const { request, inputs } = this.#asked();
    const results = this.#parts.queue.children(id).flatMap(({ result }) => result ?? []);
    const { bot, version } = this.#bot;
    return { task: id, attempt, bot, version, objects: [request, ...inputs, ...results] };
  }

  #asked(): Asked {
    const { id, request } = this.#task;
    return { request, inputs: this.#parts.queue.inputsOf(id) };
  }

  /** The bot's answer; one that does not stop when it has to is not waited for. */
  async #answer(grant: Grant): Promise<Outcome> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([this.#parts.bots.runner.run(this.#task, grant, signal), stopped]);
  }

  async #settle(grant: Grant, outcome: Outcome): Promise<void> {
    const { queue, group } = this.#parts;
    switch (outcome.kind) {
      case 'result':
        return this.#take(grant, outcome.written);
      case 'error':
        await group.run(() => queue.fail(this.#task, outcome.error));
        return;
      case 'requires':
        return this.#require(grant, outcome.requests);
    }
  }

  /** Nothing becomes visible before the gate has passed it. */
  async #take(grant: Grant, written: SherinId): Promise<void> {
    const { queue, group, bots, learning } = this.#parts;
    const judged = await bots.gate.judge(this.#task, grant, written);
    const { judgement, shut } = judged;
    if (this.#stop.signal.aborted || !judgement.pass) await shut();
    this.#stop.signal.throwIfAborted();
    if (!judgement.pass) {
      await group.run(() => queue.block(this.#task.id, judgement.reason));
      return;
    }
    const { result, before } = await this.#takeResult(grant, judgement.id, judged);
    const { bot, version } = this.#bot;
    await group.run(() => {
      const task = queue.finish(this.#task, result);
      learning.done(task, { key: before, owner: task.owner, bot, version });
    });
  }

  /** With the result the grants end by which it was made and judged: in one message, and on record in one group. */
  async #takeResult(grant: Grant, id: SherinId, { judge, shut }: Judged) {
    try {
      const before = this.#key();
      const result = await this.#parts.bots.grants.takeResult(grant, id, this.#task.owner, judge);
      this.#taken = true;
      return { result, before };
    } catch (error) {
      // Why nothing was taken counts, not that the judge's grant could not be ended on top of it.
      await shut().catch(() => undefined);
      throw error;
    }
  }

  /** Of the question as it was at the begin; null where the bot, or what it looks into, has become another since. */
  #key() {
    const { domain, composite } = this.#task;
    const now = this.#parts.bots.directory.botFor(domain);
    if (composite || now === null) return null;
    const key = keyOf(this.#asked(), this.#task, this.#bot);
    return keyOf(this.#asked(), this.#task, now).equals(key) ? key : null;
  }

  async #require(grant: Grant, written: readonly SherinId[]): Promise<void> {
    const { queue, group, bots, classification } = this.#parts;
    const asker = bots.identityOf(this.#task.owner);
    try {
      const requests = await Promise.all(written.map((name) => this.#request(grant, name)));
      const works = await Promise.all(
        requests.map(async (one) => classification.known(one) ?? (await classification.ask(one, asker))),
      );
      const wanted = works.map((work, at) => ({ ...work, request: requests[at] ?? '' }));
      await group.run(() => queue.require(this.#task, wanted));
    } catch (error) {
      // What can't be asked for will not be possible the next time either.
      const { code } = error instanceof SherinError ? error : { code: null };
      if (code !== 'TASK_TREE' && code !== 'NO_BOT' && code !== 'USAGE') throw error;
      await group.run(() => queue.fail(this.#task, code));
    }
  }

  /** What the bot has written becomes a request of the owner's. */
  async #request(grant: Grant, name: SherinId): Promise<SherinId> {
    const { grants } = this.#parts.bots;
    return grants.takeRequest(grant, await grants.seal(grant, name), this.#task.owner);
  }

  async #failed(error: unknown): Promise<Ended> {
    const { log } = this.#parts;
    const closed = this.#fsGone || isClosed(error);
    if (this.#reason === null && !(error instanceof SherinError))
      log.error({ err: error, task: this.#task.id }, 'an attempt failed');
    while (!(await this.#gaveBack(error))) {
      // The next start of sherind finds it running, and queues it again.
      if (this.#left) break;
      await sleep(againMs);
    }
    return closed ? 'closed' : 'settled';
  }

  /** Notes why there is no result; false where that could not be stored. */
  async #gaveBack(error: unknown): Promise<boolean> {
    const { queue, group, log } = this.#parts;
    const { id, attempt } = this.#task;
    const stopped = error instanceof SherinError && error.code === 'BOT_STOPPED';
    const blameless =
      this.#reason === 'released' || (this.#reason === null && (stopped || this.#fsGone || isClosed(error)));
    const code = error instanceof SherinError ? error.code : 'IO';
    try {
      if (this.#reason === 'cancelled') return true;
      await group.run(() => {
        if (blameless) queue.release({ id, attempt });
        else queue.lose({ id, attempt }, this.#reason === 'late' ? 'TIMEOUT' : code);
      });
      return true;
    } catch (unsettled) {
      if (unsettled instanceof SherinError && endedMeanwhile.includes(unsettled.code)) return true;
      log.error({ err: unsettled, task: id }, 'the end of an attempt was not stored');
      return false;
    }
  }
}

const endedMeanwhile: readonly string[] = ['TASK_STATE', 'TASK_UNKNOWN'];

const away: readonly string[] = ['NOT_RUNNING', 'FS_FULL'];

/** The vault is locked or sealed, or sherin-fs is away or takes no connection. */
function isClosed(error: unknown): boolean {
  return error instanceof SherinError && (error.exit === Exit.locked || away.includes(error.code));
}

/** Nobody waited for it any longer. */
function isGivenUp(error: unknown): boolean {
  return error instanceof SherinError && error.code === 'TIMEOUT';
}

/** The sherin-fs that had made the grant has ended, and another may be there by now. */
function isGone(error: unknown): boolean {
  return error instanceof SherinError && (error.code === 'NOT_RUNNING' || error.code === 'BOT_UNKNOWN');
}
