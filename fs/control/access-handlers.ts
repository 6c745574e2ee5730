import type { AccessDecision } from '../../common/access/decide.js';
import { longestText } from '../../daemon/protocol/control.js';
import { explainAccess } from '../service/rules/explain.js';
import type { VaultService } from '../service/service.js';
import { pageOf } from './answer-space.js';
import type { ControlHandlers } from './server.js';

type Handlers = Pick<ControlHandlers, 'rules.list' | 'rules.set' | 'rules.test'>;

/** `rules.*`. */
export function accessHandlers(service: VaultService): Handlers {
  return {
    async 'rules.list'() {
      const record = await service.rules.list();
      if (record === null) return { version: null, floor: null, rules: null };
      const { version, floor, rules } = record;
      return { version, floor: [...floor], rules: [...rules] };
    },

    async 'rules.set'({ rules, version }, { peer }) {
      return { version: await service.rules.set(rules, version, peer) };
    },

    async 'rules.test'({ target, operation, uid, gids, bot }) {
      const subject = { uid, gids, bots: bot === undefined ? [] : [bot] };
      const { decision, places } = explainAccess(await service.settled(), target, operation, subject);
      const told = places.filter(({ path }) => path === null || path.length <= longestText);
      const { page, more } = pageOf(
        told.map((place) => ({ path: place.path, decision: shown(place.decision) })),
      );
      return { decision: shown(decision), places: page, more: more || told.length < places.length };
    },
  };
}

function shown({ effect, rule }: AccessDecision) {
  return { effect, rule };
}
