import { type CubeId, cubeIdToBytes } from '../../../common/ids.js';
import { namedObjects } from '../../../daemon/protocol/events.js';
import type { CubeFault, CubeReader, CubeRef } from '../../../native/index.js';
import type { CubeCatalog } from '../../cube/catalog.js';
import type { FaultSink, UnreadableFault } from '../../cube/faults.js';
import type { Manifest } from '../../manifest/manifest.js';
import type { Mutation } from '../../manifest/records.js';
import { systemActor } from '../actor.js';
import type { VaultEvents } from '../vault-events.js';
import type { GivenUpContent } from './given-up.js';
import type { Records } from './records.js';
import type { RefusedCubes } from './refused-cubes.js';

export interface SessionFaultsParts {
  readonly manifest: Manifest;
  readonly catalog: CubeCatalog;
  readonly reader: CubeReader;
  readonly records: Records;
  readonly refused: RefusedCubes;
  readonly givenUp: GivenUpContent;
  /** Commits what has nothing to do with what programs change. */
  readonly commit: (mutations: readonly Mutation[]) => Promise<unknown>;
  /** What programs have changed is being sealed in the manifest's turn, or waits for that. */
  readonly sealing: () => boolean;
  /** Kernel caches hold something that is no longer true. */
  readonly invalidate: () => void;
  readonly events: VaultEvents;
}

const unreadableEvents: Readonly<Record<UnreadableFault, string>> = {
  missing: 'AUDIT_MISSING_CUBE',
  io: 'AUDIT_DISK_ERROR',
  newer: 'AUDIT_NEWER_CUBE',
};

/** What becomes of cubes that can not be read: refused and recorded, until a good copy is in place. */
export class SessionFaults implements FaultSink {
  readonly #parts: SessionFaultsParts;

  constructor(parts: SessionFaultsParts) {
    this.#parts = parts;
  }

  async quarantined(cube: CubeRef, id: CubeId, reason: CubeFault, vertex: number | null): Promise<void> {
    const { manifest, catalog, reader, records, refused, commit, sealing, invalidate, events } = this.#parts;
    if (refused.has(id)) return;
    refused.condemn(id);
    reader.refuse(cube.id);
    const ranges = catalog.uses(id).slice(0, 64);
    const first = ranges[0] === undefined ? undefined : manifest.tree.object(ranges[0].object);
    const meta = {
      reason,
      vertex,
      object: first?.id ?? null,
      uses: ranges.length,
      ranges: ranges.map(({ offset, length }) => [offset, length]),
    };
    records.note({ event: 'AUDIT_FAIL_CUBE_HASH', id, actor: systemActor, meta }, true);
    records.note({ event: 'AUDIT_QUARANTINE_CUBE', id, actor: systemActor, meta: { reason } }, true);
    // The refusal stands even where its record can not be written now: it is repeated at the next failing read.
    const recorded = commit([{ type: 'quarantine', cube: id, reason }]).catch(() => undefined);
    // What met the cube may be sealed, or hold memory that what is sealed before the record waits for.
    if (!sealing()) await recorded;
    invalidate();
    const objects = new Set(ranges.map(({ object }) => object));
    const ids = Array.from(objects, (no) => manifest.tree.object(no)?.id ?? []).flat();
    events.tell({ kind: 'quarantine', cube: id, reason, objects: ids.slice(0, namedObjects) });
  }

  /** @throws SherinError VERSION_COLLECTED where it is gone on purpose */
  async unreadable(id: CubeId, fault: UnreadableFault, errno: string | null): Promise<void> {
    const { givenUp, records } = this.#parts;
    if (fault === 'missing') givenUp.requireCube(id);
    records.note({ event: unreadableEvents[fault], id, actor: systemActor, meta: { errno } });
  }

  /** Cubes whose good copy is in place again. */
  async healed(ids: readonly CubeId[]): Promise<void> {
    const { reader, records, refused, invalidate } = this.#parts;
    for (const id of ids) {
      refused.pardon(id);
      reader.allow(cubeIdToBytes(id));
      records.note({ event: 'AUDIT_HEAL_CUBE', id, actor: systemActor, meta: {} });
    }
    if (ids.length > 0) invalidate();
  }
}
