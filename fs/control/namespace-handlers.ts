import type { VaultService } from '../service/service.js';
import type { ControlHandlers } from './server.js';

/** `namespaces.*`. */
export function namespaceHandlers(
  service: VaultService,
): Pick<ControlHandlers, 'namespaces.list' | 'namespaces.set' | 'namespaces.assign'> {
  return {
    async 'namespaces.list'() {
      const record = await service.namespaces.list();
      if (record === null) return { version: null, namespaces: null };
      const { version, namespaces } = record;
      return { version, namespaces };
    },

    async 'namespaces.set'({ namespaces, version }, { peer }) {
      return { version: await service.namespaces.set(namespaces, version, peer) };
    },

    async 'namespaces.assign'({ path, namespace }, { peer }) {
      return service.namespaces.assign(path, namespace, peer);
    },
  };
}
