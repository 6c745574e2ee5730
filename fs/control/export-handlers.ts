import { fstatSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { actorOf } from '../service/actor.js';
import type { VaultService } from '../service/service.js';
import { exportManifest } from '../service/versions/manifest-export.js';
import type { ControlHandlers } from './server.js';

/** `manifest.export`: whoever comes to this socket is root or who runs the vault. */
export function exportHandlers(service: VaultService): Pick<ControlHandlers, 'manifest.export'> {
  return {
    async 'manifest.export'({ plaintextRoots }, { fds, peer, cancelled, progress }) {
      const [fd] = fds;
      if (fd === undefined || !fstatSync(fd).isFile())
        throw new SherinError('PROTOCOL', { part: 'manifest.export takes the descriptor of a file' });
      const session = await service.settled();
      const { publicKey, uuid, vaultPath } = service;
      const made = await exportManifest(
        { session, publicKey, uuid, vaultPath, fd },
        { plaintextRoots, progress, cancelled },
      );
      const meta = { cubes: made.cubes, objects: made.objects, plaintextRoots };
      await session.records.record({ event: 'AUDIT_MANIFEST_EXPORT', id: null, actor: actorOf(peer), meta });
      return made;
    },
  };
}
