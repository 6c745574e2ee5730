/** Bots of layer control at work: who plans, and who judges. */
import { SherinError } from '../../common/errors.js';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { type Classified, isClassified } from '../domains/catalogue.js';
import type { FsLink } from '../fs-link.js';
import type { Planner, SafetyGate } from '../router/bots.js';
import type { HostedBot } from './hosted-bot.js';
import { folderOf, patienceOf, workOf } from './work.js';

/** Seconds that a bot of control gets beyond what it may take: for its start. */
const startSeconds = 20;

/** Which bot of a domain of control it is. */
export interface ControlBot {
  /** @throws SherinError NO_BOT */
  readonly now: () => HostedBot;
  /** To be given work. @throws SherinError NO_BOT, BOT_STOPPED while none may run */
  readonly working: () => HostedBot;
}

/** Equal questions at the same time are asked once. */
export function plannerOf(planning: ControlBot, fs: FsLink): Planner {
  const asked = new Map<SherinId, ReturnType<Planner['classify']>>();
  let number = 0;

  const classify: Planner['classify'] = async (request, { uid, gid, groups }) => {
    const bot = planning.working();
    // It can not be started: the vault is not mounted, for example.
    if (bot.shutOut) throw new SherinError('BOT_STOPPED');
    const patience = patienceWith(bot);
    const stops = await folderOf(bot, patience);
    const task = `plan-${++number}`;
    const shut = async () => {
      await fs.call('grant.end', { bot: bot.name, task });
    };
    let classified: Classified;
    try {
      await fs.call('grant.add', { bot: bot.name, task, uid, gid, groups: [...groups], ids: [request] });
      const work = { id: request, domain: 'planning', department: 'control', class: 'classify' };
      const answer = await workOf(bot, work, patience, stops);
      if (answer.kind !== 'classified') throw new SherinError('PROTOCOL', { part: 'a classification' });
      const { kind: _, ...said } = answer;
      if (!isClassified(said)) throw new SherinError('PROTOCOL', { part: 'a classification' });
      classified = said;
    } catch (error) {
      throw await after(shut, error);
    }
    await shut();
    return classified;
  };

  return {
    get version() {
      return planning.now().program?.manifest.version ?? '';
    },
    classify: (request, asker) => {
      const known = asked.get(request);
      if (known !== undefined) return known;
      const answer = classify(request, asker).finally(() => asked.delete(request));
      asked.set(request, answer);
      return answer;
    },
  };
}

export function gateOf(safety: ControlBot, fs: FsLink): SafetyGate {
  return {
    judge: async ({ id: task, domain, department, class: kind }, { bot: by }, written) => {
      const bot = safety.working();
      const patience = patienceWith(bot);
      const stops = await folderOf(bot, patience);
      const to = bot.name;
      const shut = async () => {
        await fs.call('grant.end', { bot: to, task });
      };
      let id: SherinId;
      let reason: string | null;
      try {
        id = asSherinId((await fs.call('result.offer', { bot: by, task, name: written, to })).id);
        const answer = await workOf(bot, { id, domain, department, class: kind }, patience, stops);
        if (answer.kind !== 'judged') throw new SherinError('PROTOCOL', { part: 'a verdict' });
        ({ reason } = answer);
      } catch (error) {
        throw await after(shut, error);
      }
      return { judgement: reason === null ? { pass: true, id } : { pass: false, reason }, judge: to, shut };
    },
  };
}

/** The error, once the grant has ended: it may be there, or come yet, whatever has failed. Why there is no answer counts, not that it could not be ended on top of it. */
async function after(shut: () => Promise<void>, error: unknown): Promise<unknown> {
  await shut().catch(() => undefined);
  return error;
}

function patienceWith(bot: HostedBot): AbortSignal {
  return AbortSignal.timeout((patienceOf(bot) + startSeconds) * 1000);
}
