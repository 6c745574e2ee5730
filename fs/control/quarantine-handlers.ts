import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes, parseCubeId } from '../../common/ids.js';
import type { ControlRequest } from '../../daemon/protocol/control.js';
import type { CubeRef } from '../../native/index.js';
import { objectCubes } from '../cube/catalog.js';
import { actorOf } from '../service/actor.js';
import { pathsOf } from '../service/cube-places.js';
import type { VaultService } from '../service/service.js';
import type { Session } from '../service/session.js';
import type { ControlHandlers } from './server.js';

type Handlers = Pick<ControlHandlers, 'quarantine.list' | 'quarantine.restore' | 'quarantine.purge'>;

/** `quarantine.*`. */
export function quarantineHandlers(service: VaultService): Handlers {
  return {
    'quarantine.list': async () => {
      const session = await service.settled();
      const cubes = [];
      for (const { cube, reason, time } of session.manifest.tree.quarantine()) {
        const size = session.store.quarantinedSize(cube);
        cubes.push({ id: cube, reason, time: String(time), size, paths: pathsOf(session, cube) });
      }
      return { cubes };
    },

    'quarantine.restore': async ({ ids }, { peer }) => {
      const session = await service.settled();
      const restored: CubeId[] = [];
      const refused: { id: string; fault: string }[] = [];
      for (const id of chosen(session, ids)) {
        const fault = await restore(session, id);
        if (fault === null) restored.push(id);
        else refused.push({ id, fault });
      }
      for (const id of restored) {
        await session.records.record({ event: 'AUDIT_RESTORE_CUBE', id, actor: actorOf(peer), meta: {} });
      }
      if (restored.length > 0) {
        await session.commit(
          restored.map((cube) => ({ type: 'heal', cube }) as const),
          [],
          [],
        );
        await session.healed(restored);
      }
      return { restored, refused };
    },

    'quarantine.purge': async ({ ids, shred }, { peer }) => {
      const session = await service.settled();
      const purged: CubeId[] = [];
      const refused: SherinError[] = [];
      for (const id of chosen(session, ids)) {
        await session.records.record({
          event: 'AUDIT_PURGE_CUBE',
          id,
          actor: actorOf(peer),
          meta: { shred },
        });
        try {
          if (await session.store.purge(id, shred)) purged.push(id);
        } catch (error) {
          if (!(error instanceof SherinError)) throw error;
          refused.push(error);
        }
      }
      // The others are gone all the same.
      if (refused[0] !== undefined) throw refused[0];
      return { purged };
    },
  };
}

function chosen(session: Session, ids: ControlRequest<'quarantine.purge'>['ids']): readonly CubeId[] {
  const present = [...session.manifest.tree.quarantine()].map(({ cube }) => cube);
  if (ids === 'all') return present;
  const wanted = new Set(ids.map((id) => parseCubeId(id)));
  return present.filter((id) => wanted.has(id));
}

/** Puts one cube back if it verifies now. @returns the fault that keeps it in quarantine, or null */
async function restore(session: Session, id: CubeId): Promise<string | null> {
  const cube = session.catalog.find(id) ?? findInOldVersions(session, id);
  if (cube === undefined) return 'unused';
  const released = await session.store.release(id);
  const result = await session.reader.verify(cube, null);
  if (result.ok) return null;
  if (released) await session.store.quarantine(id, result.inode);
  return result.fault;
}

/** A cube that no file holds now. */
function findInOldVersions(session: Session, id: CubeId): CubeRef | undefined {
  const { manifest } = session;
  for (const object of manifest.tree.everyObject()) {
    for (const { cube } of objectCubes(manifest, object)) if (cubeIdFromBytes(cube.id) === id) return cube;
  }
  return undefined;
}
