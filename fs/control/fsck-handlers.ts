import { SherinError } from '../../common/errors.js';
import { fsck } from '../check/fsck.js';
import { actorOf } from '../service/actor.js';
import type { VaultService } from '../service/service.js';
import type { ControlHandlers } from './server.js';

/** `fsck`. */
export function fsckHandlers(service: VaultService): Pick<ControlHandlers, 'fsck'> {
  return {
    async fsck({ rebuild, repair, removeOrphans }, { peer, fds, progress, cancelled }) {
      const backup = fds[0] ?? null;
      if (backup !== null && !repair)
        throw new SherinError('USAGE', { what: 'a backup is taken for a repair only' });
      const session = await service.unlocked();
      // What programs write may stand on cubes that no record refers to yet.
      await session.writing.durable(null);
      const { vaultFd, uuid, publicKey, cubeLock: lock } = service;
      const actor = actorOf(peer);
      const result = await fsck(
        { session, vaultFd, uuid, publicKey, lock },
        {
          ...{ rebuild, repair, removeOrphans, backup, progress, cancelled },
          removing: (files, bytes) =>
            session.records.record({ event: 'AUDIT_FSCK_REMOVE', id: null, actor, meta: { files, bytes } }),
        },
      );
      const { needed, lacking, repaired, removed, clean } = result;
      const meta = { cubes: needed.cubes, lacking, repaired, removed: removed.cubes, rebuild, clean };
      await session.records.record({ event: 'AUDIT_FSCK', id: null, actor, meta });
      return result;
    },
  };
}
