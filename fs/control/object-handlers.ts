import { asSherinId } from '../../common/ids.js';
import { pageItems } from '../../daemon/protocol/methods/object.js';
import type { ObjectAccess } from '../service/objects/object-access.js';
import { onBehalf } from './on-behalf.js';
import type { ControlHandlers } from './server.js';

type Handlers = Pick<ControlHandlers, 'object.stat' | 'object.list' | 'object.lineage' | 'file.resolve'>;

/** `object.*` and `file.resolve`, for callers of sherind. */
export function objectHandlers(objects: ObjectAccess): Handlers {
  return {
    async 'object.stat'({ id, caller }, { peer }) {
      return objects.stat(asSherinId(id), onBehalf(peer, caller));
    },

    async 'object.list'({ namespace, page, caller }, { peer }) {
      const after = page === undefined ? undefined : asSherinId(page);
      const { items, next } = await objects.list(namespace, after, pageItems.ids, onBehalf(peer, caller));
      return { ids: [...items], next };
    },

    async 'object.lineage'({ id, page = 0, caller }, { peer }) {
      const who = onBehalf(peer, caller);
      const { items, ...rest } = await objects.lineage(asSherinId(id), page, pageItems.relatives, who);
      return { ...rest, relatives: items };
    },

    async 'file.resolve'({ inode, id, page = 0, caller }, { peer }) {
      const who = onBehalf(peer, caller);
      const found =
        id === undefined
          ? await objects.resolveFile(inode ?? 0, page, pageItems.cubes, who)
          : await objects.resolveObject(asSherinId(id), page, pageItems.cubes, who);
      const { cubes, ...rest } = found;
      return { ...rest, cube_ids: [...cubes.items], next: cubes.next };
    },
  };
}
