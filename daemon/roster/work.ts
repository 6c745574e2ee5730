import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import type { SherinId } from '../../common/ids.js';
import type { TaskMessage } from '../bots/messages.js';
import type { TaskOutcome } from '../bots/tasks-in-flight.js';
import type { HostedBot } from './hosted-bot.js';

/** Ends that sherind itself has made. */
const stopped: readonly string[] = ['stopped', 'cancelled'];
/** How often a bot that has no room is looked at. */
const lookMs = 10;

/** What there is to do, of one request or result. */
export interface Work {
  readonly id: SherinId;
  readonly domain: string;
  readonly department: string;
  readonly class: string;
}

export type Answered = Exclude<TaskOutcome, { readonly kind: 'failed' }>;

/** Seconds that it may take for one task. */
export function patienceOf({ program }: HostedBot): number {
  return program?.manifest.limits.task_seconds ?? 0;
}

let order = 0;

/**
 * Resolves once a bot has a folder, which it has not while it is stopped, and at the begin of its start.
 * @param signal when it is aborted nobody waits any longer
 * @returns how often it had been stopped then: what it is granted ends with the next time. @throws SherinError BOT_LOST, BOT_STOPPED: it will have none
 */
export async function folderOf(bot: HostedBot, signal: AbortSignal): Promise<number> {
  const { stops } = bot;
  await once(bot, { signal, stops }, () => bot.running);
  return stops;
}

/**
 * Gives work to a bot, once it has room, and waits for its answer.
 * @param signal when it is aborted the bot is ended, and what else it worked on with it
 * @param stops how often it had been stopped when it was granted what it is to read
 * @throws SherinError BOT_LOST, BOT_STOPPED, TIMEOUT: there is no answer
 */
export async function workOf(
  bot: HostedBot,
  work: Work,
  signal: AbortSignal,
  stops = bot.stops,
): Promise<Answered> {
  const { outcome: given } = await accepted(bot, work, { signal, stops });
  const drop = () => bot.running?.drop(work.id);
  signal.addEventListener('abort', drop, { once: true });
  try {
    const outcome = await given;
    if (outcome.kind !== 'failed') return outcome;
    if (outcome.reason === 'timeout')
      throw new SherinError('TIMEOUT', { what: `bot ${bot.name}`, seconds: patienceOf(bot) });
    throw new SherinError(stopped.includes(outcome.reason) ? 'BOT_STOPPED' : 'BOT_LOST');
  } finally {
    signal.removeEventListener('abort', drop);
  }
}

interface Patience {
  readonly signal: AbortSignal;
  /** How often the bot had been stopped at the begin. */
  readonly stops: number;
}

/** In an object, as it is not to be waited for with it. */
async function accepted(bot: HostedBot, { id, ...work }: Work, patience: Patience) {
  const message: TaskMessage = { task_id: id, ...work, order_seq: order++, timestamp: Date.now() };
  return once(bot, patience, () => {
    const given = bot.running?.give(message) ?? null;
    return given === null ? null : { outcome: given };
  });
}

/** What `look` finds, as soon as that is something. */
async function once<T>(bot: HostedBot, { signal, stops }: Patience, look: () => T | null): Promise<T> {
  for (;;) {
    if (bot.retired || bot.stops !== stops) throw new SherinError('BOT_STOPPED');
    if (signal.aborted || bot.broken) throw new SherinError('BOT_LOST');
    const found = look();
    if (found !== null) return found;
    await sleep(lookMs);
  }
}
