import { longestText } from '../../daemon/protocol/control.js';
import { assignedDirectories } from '../service/namespaces/assigned.js';
import type { VaultService } from '../service/service.js';
import { pageOf } from './answer-space.js';
import type { ControlHandlers } from './server.js';

/** `namespaces.*`. */
export function namespaceHandlers(
  service: VaultService,
): Pick<
  ControlHandlers,
  'namespaces.list' | 'namespaces.directories' | 'namespaces.set' | 'namespaces.assign'
> {
  return {
    async 'namespaces.list'() {
      const record = await service.namespaces.list();
      if (record === null) return { version: null, namespaces: null };
      const { version, namespaces } = record;
      return { version, namespaces };
    },

    async 'namespaces.directories'({ after = '' }, { peer }) {
      const all = await assignedDirectories(service, peer);
      const told = all.filter(({ path }) => path > after && path.length <= longestText);
      const { page, more } = pageOf(told);
      return { directories: page, more };
    },

    async 'namespaces.set'({ namespaces, version }, { peer }) {
      return { version: await service.namespaces.set(namespaces, version, peer) };
    },

    async 'namespaces.assign'({ path, namespace }, { peer }) {
      return service.namespaces.assign(path, namespace, peer);
    },
  };
}
