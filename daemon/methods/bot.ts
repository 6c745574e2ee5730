import { SherinError } from '../../common/errors.js';
import type { Trust } from '../patterns/trust-scores.js';
import { type BotStatus, botPage } from '../protocol/methods/bot.js';
import type { HostedBot } from '../roster/hosted-bot.js';
import type { Roster } from '../roster/roster.js';
import { isApproved, type Policy } from '../router/policy.js';
import type { Caller } from '../socket/caller.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import { onBehalf } from './on-behalf.js';

type Handlers = Pick<
  DaemonHandlers,
  'bot.list' | 'bot.get' | 'bot.register' | 'bot.start' | 'bot.stop' | 'bot.remove'
>;

/** Results of a version that have to be measured before it has learned. */
const learned = 3;

export interface BotHandlersParts {
  readonly roster: () => Roster;
  readonly trustOf: (bot: string, version: string) => Trust;
  readonly policy: () => Policy;
  /** Durable when it resolves. @throws SherinError AUDIT_UNWRITABLE, LOCKED… */
  readonly record: (event: string, meta: Readonly<Record<string, string>>, caller: Caller) => Promise<void>;
}

/** `bot.*`. */
export function botHandlers({ roster, trustOf, policy, record }: BotHandlersParts): Handlers {
  const trusted = ({ name, program }: HostedBot) => trustOf(name, program?.manifest.version ?? '');
  let registrations = 0;

  return {
    'bot.list': async ({ page }) => {
      const all = roster().all();
      const left = all.filter(({ name }) => page === undefined || name > page);
      const bots = left.slice(0, botPage).map((bot) => factsOf(bot, roster(), trusted(bot)));
      return { bots, next: left.length > botPage ? (bots.at(-1)?.bot ?? null) : null };
    },
    'bot.get': async ({ bot: name }) => {
      const bot = roster().get(name);
      const { restarts, lastEnd, limits, fault } = bot.facts;
      const { subdomain, specialty, connection_points, max_concurrent } = bot.program?.manifest ?? unread;
      return {
        ...factsOf(bot, roster(), trusted(bot)),
        ...{ subdomain, specialty, connection_points, max_concurrent, restarts, fault },
        ...{ trust_score: trusted(bot).score, uid: bot.registered.uid },
        ...{ last_end: lastEnd, limits, last_update: bot.registered.updatedAt },
      };
    },
    'bot.register': async ({ path }, caller) => {
      const { folder, manifest } = roster().inspect(path);
      const action = { type: 'bot_register', level: 'LOW', risk: null } as const;
      const about = { component: 'bots', reasoning: manifest.bot_id, rollback: 'bot.remove' };
      const action_id = `bot-${Date.now()}-${++registrations}`;
      const request = { ...action, ...about, action_id };
      const verdict = await policy().consider(request, policy().feelings(), onBehalf(caller));
      if (!isApproved(verdict))
        throw new SherinError('POLICY_BLOCKED', { what: 'registering a bot', part: verdict.reason });
      await record('AUDIT_BOT_REGISTER', { bot: manifest.bot_id, version: manifest.version }, caller);
      const bot = await roster().register(manifest.bot_id, folder);
      return { bot: bot.name, version: manifest.version, state: roster().stateOf(bot) };
    },
    'bot.start': async ({ bot }, caller) => {
      await record('AUDIT_BOT_START', { bot: roster().get(bot).name }, caller);
      await roster().start(bot);
      return { state: roster().stateOf(roster().get(bot)) };
    },
    'bot.stop': async ({ bot }, caller) => {
      await record('AUDIT_BOT_STOP', { bot: roster().get(bot).name }, caller);
      await roster().stop(bot);
      return {};
    },
    'bot.remove': async ({ bot }, caller) => {
      await record('AUDIT_BOT_REMOVE', { bot: roster().get(bot).name }, caller);
      await roster().remove(bot);
      return {};
    },
  };
}

const unread = { subdomain: null, specialty: null, connection_points: [], max_concurrent: null };

function factsOf(bot: HostedBot, roster: Roster, trust: Trust) {
  const { version = null, layer = null, domain = null } = bot.program?.manifest ?? {};
  const state = roster.stateOf(bot);
  return { bot: bot.name, version, layer, domain, status: statusOf(bot, roster, trust), state };
}

function statusOf(bot: HostedBot, roster: Roster, { measurements }: Trust): BotStatus {
  if (bot.broken) return 'failed';
  const state = roster.stateOf(bot);
  if (state === 'waits-for-vault') return 'waiting';
  if (!bot.registered.wanted || state === 'stopped') return 'stopped';
  const [first] = roster.of(bot.program?.manifest.domain ?? '');
  if (first !== bot) return 'standby';
  const worker = bot.program?.manifest.layer === 'worker';
  return worker && measurements < learned ? 'learning' : 'active';
}
