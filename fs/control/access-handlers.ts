import type { AccessDecision } from '../../common/access/decide.js';
import { explainAccess } from '../service/rules/explain.js';
import type { VaultService } from '../service/service.js';
import type { ControlHandlers } from './server.js';

type Handlers = Pick<ControlHandlers, 'rules.list' | 'rules.set' | 'rules.test'>;

/** Places in one answer. */
const mostPlaces = 256;

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
      const told = places.slice(0, mostPlaces);
      return {
        decision: shown(decision),
        places: told.map((place) => ({ path: place.path, decision: shown(place.decision) })),
      };
    },
  };
}

function shown({ effect, rule }: AccessDecision) {
  return { effect, rule };
}
