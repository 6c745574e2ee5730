import { SherinError } from '../../common/errors.js';
import { type CubeId, parseCubeId } from '../../common/ids.js';
import type { CubeRef } from '../../native/index.js';
import { findNeeded } from '../cube/needed.js';
import type { QuarantineState } from '../manifest/state.js';
import { actorOf, systemActor } from '../service/actor.js';
import { pathsOf } from '../service/objects/cube-places.js';
import type { VaultService } from '../service/service.js';
import type { Session } from '../service/session/session.js';
import { pageOf, toldPaths } from './answer-space.js';
import type { ControlHandlers } from './server.js';

type Handlers = Pick<ControlHandlers, 'quarantine.list' | 'quarantine.restore' | 'quarantine.purge'>;

/** `quarantine.*`. */
export function quarantineHandlers(service: VaultService): Handlers {
  return {
    'quarantine.list': async ({ after = '' }) => {
      const session = await service.settled();
      const rest = [...session.manifest.tree.quarantine()].filter(({ cube }) => cube > after);
      const { page, more } = pageOf(infosOf(session, rest.sort(byCube)));
      return { cubes: page, more };
    },

    'quarantine.restore': async ({ ids }, { peer }) => {
      const session = await service.settled();
      const restored: CubeId[] = [];
      const refused: { id: string; fault: string }[] = [];
      const known = new Map<CubeId, CubeRef>();
      for (const id of chosen(session, ids)) {
        const cube = session.catalog.find(id) ?? findNeeded(session.manifest, id);
        if (cube === undefined) refused.push({ id, fault: 'unused' });
        else known.set(id, cube);
      }
      // Nothing leaves quarantine before that is on record.
      const actor = actorOf(peer);
      await Promise.all(
        Array.from(known.keys(), (id) =>
          session.records.record({ event: 'AUDIT_RESTORE_CUBE', id, actor, meta: {} }),
        ),
      );
      for (const [id, cube] of known) {
        const fault = await restore(session, id, cube);
        if (fault === null) restored.push(id);
        else refused.push({ id, fault });
      }
      if (restored.length > 0) {
        await session.commit(() => restored.map((cube) => ({ type: 'heal', cube }) as const));
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

function byCube(a: QuarantineState, b: QuarantineState): number {
  return a.cube < b.cube ? -1 : 1;
}

function* infosOf(session: Session, cubes: readonly QuarantineState[]) {
  for (const { cube, reason, time } of cubes) {
    const size = session.store.quarantinedSize(cube);
    yield { id: cube, reason, time: String(time), size, paths: toldPaths(pathsOf(session, cube)) };
  }
}

function chosen(session: Session, ids: readonly string[]): readonly CubeId[] {
  const wanted = new Set(ids.map((id) => parseCubeId(id)));
  return [...wanted].filter((id) => session.manifest.tree.quarantined(id) !== undefined);
}

/** Puts one cube back if it verifies now. @returns the fault that keeps it in quarantine, or null */
async function restore(session: Session, id: CubeId, cube: CubeRef): Promise<string | null> {
  const released = await session.store.release(id);
  const result = await session.reader.verify(cube, null);
  if (result.ok) return null;
  const { fault, inode } = result;
  if (released) await session.store.quarantine(id, inode);
  const meta = { reason: fault };
  session.records.note({ event: 'AUDIT_RESTORE_REFUSED', id, actor: systemActor, meta }, true);
  return fault;
}
