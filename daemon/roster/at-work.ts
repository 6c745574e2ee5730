/** Bots as the router and the execution want them, over those that run and what sherin-fs lets them see. */
import { SherinError } from '../../common/errors.js';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { UserDatabase } from '../../common/user-database.js';
import type { FsLink } from '../fs-link.js';
import type { DeclaredInputs } from '../patterns/pattern-key.js';
import type { Bot, BotRunner, Bots, Grant, Grants, Outcome } from '../router/bots.js';
import type { Asker } from '../router/objects.js';
import { type ControlBot, gateOf, plannerOf } from './control.js';
import type { HostedBot } from './hosted-bot.js';
import type { Roster } from './roster.js';
import { type Answered, patienceOf, workOf } from './work.js';

/** First group of a user whom the user database does not know: nobody's. */
const nogroup = 65_534;
/** Milliseconds that an attempt gets beyond what the bot may take: for its datagrams. */
const slackMs = 2_000;

export function botsAtWork(roster: Roster, fs: FsLink): Bots {
  const control = (domain: string): ControlBot => {
    const now = () => {
      const [bot] = roster.of(domain);
      if (bot === undefined) throw new SherinError('NO_BOT', { domain });
      return bot;
    };
    const working = () => {
      // Its folder is gone, and it is unknown to sherin-fs meanwhile.
      if (roster.halted) throw new SherinError('BOT_STOPPED');
      return now();
    };
    return { now, working };
  };
  const users = new UserDatabase();
  const identityOf = (uid: number): Asker => {
    const [gid = nogroup, ...groups] = users.groupsOf(uid);
    return { uid, gid, groups, pid: null };
  };
  return {
    directory: { botFor: (domain) => asBot(roster.of(domain)[0]) },
    planner: plannerOf(control('planning'), fs),
    runner: runnerOf(roster),
    grants: grantsOf(fs, identityOf),
    gate: gateOf(control('safety'), fs),
    identityOf,
  };
}

function runnerOf(roster: Roster): BotRunner {
  return {
    capacity: (domain) => {
      const [bot] = roster.of(domain);
      return bot?.state === 'ready' ? (bot.program?.manifest.max_concurrent ?? 0) : 0;
    },
    run: async ({ request, domain, department, class: kind }, grant, signal) => {
      const work = { id: request, domain, department, class: kind };
      return outcomeOf(await workOf(roster.get(grant.bot), work, signal));
    },
    stopAll: () => roster.halt(),
  };
}

function grantsOf(fs: FsLink, identityOf: Bots['identityOf']): Grants {
  const take = async (
    { bot, version: botVersion, task }: Grant,
    id: SherinId,
    owner: number,
    how: { readonly as: 'request' } | { readonly ends: string[] },
  ) => {
    const { uid, gid } = identityOf(owner);
    return asSherinId((await fs.call('result.take', { bot, task, id, uid, gid, botVersion, ...how })).id);
  };
  return {
    add: async ({ bot, task, objects }, owner) => {
      const { uid, gid, groups } = identityOf(owner);
      await fs.call('grant.add', { bot, task, uid, gid, groups: [...groups], ids: [...objects] });
    },
    end: async ({ bot, task }) => {
      await fs.call('grant.end', { bot, task });
    },
    seal: async ({ bot, task }, written) =>
      asSherinId((await fs.call('result.offer', { bot, task, name: written, to: null })).id),
    takeRequest: async (grant, id, owner) => take(grant, id, owner, { as: 'request' }),
    takeResult: async (grant, id, owner, judge) => take(grant, id, owner, { ends: [grant.bot, judge] }),
  };
}

function asBot(bot: HostedBot | undefined): Bot | null {
  if (bot?.program == null) return null;
  const { version, inputs } = bot.program.manifest;
  const timeout = patienceOf(bot) * 1000 + slackMs;
  return { bot: bot.name, version, inputs: inputs === 'pure' ? inputs : unsettled(inputs), timeout };
}

let looks = 0;

/** Nobody tells how a namespace is now, so it is another one each time: what such a bot says is not remembered. */
function unsettled(namespaces: readonly string[]): DeclaredInputs {
  return { namespace: namespaces.join(' '), head: String(looks++) };
}

/** @throws SherinError PROTOCOL for what only bots of control say */
function outcomeOf(answer: Answered): Outcome {
  switch (answer.kind) {
    case 'result':
      return { kind: 'result', written: answer.resultId };
    case 'requires':
      return { kind: 'requires', requests: answer.requires };
    case 'error':
      return answer;
    default:
      throw new SherinError('PROTOCOL', { part: 'an answer to a task' });
  }
}
