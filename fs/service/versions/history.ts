import { SherinError } from '../../../common/errors.js';
import { cubeIdFromBytes, formatSherinId, type SherinId } from '../../../common/ids.js';
import { nowNanoseconds } from '../../../common/time.js';
import { cubesOf, objectSlots } from '../../cube/catalog.js';
import { type GivenUp, type PathHistory, pathHistory } from '../../history/path-history.js';
import { givenUpText, keptPut, putOf, restoring } from '../../history/restore.js';
import type { Mutation, Put } from '../../manifest/records.js';
import type { Invalidation } from '../../mount/driver.js';
import type { Caller } from '../../mount/source.js';
import { namesText, treePath } from '../../tree-path.js';
import { actorOf } from '../actor.js';
import { invalidationOf } from '../mounting/invalidation-of.js';
import { placeOfPath } from '../rules/places.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';
import { LastReading } from './last-reading.js';

type Progress = (done: number, total: number) => void;

/** A version as people see it; numbers count from 1, the oldest. */
export interface NumberedVersion {
  /** Absent: it is kept. */
  readonly givenUp?: GivenUp | undefined;
  readonly number: number;
  readonly time: bigint;
  /** Bytes. */
  readonly size: number;
  /** Null: it was empty and was never put. */
  readonly id: SherinId | null;
}

export interface HistoryOfPath {
  /** Number of all versions. */
  readonly total: number;
  /** Oldest first: the last ones before the given number. */
  readonly versions: readonly NumberedVersion[];
  /** Times at which the path began to show nothing, between these versions and the next one. */
  readonly removals: readonly bigint[];
}

/** Up to `most` versions, the newest or those before a number. */
export interface Page {
  readonly before: number | undefined;
  readonly most: number;
}

/** Old versions of files: named, and brought back. */
export class History {
  readonly #vault: VaultView;
  readonly #invalidate: (what: Invalidation) => Promise<void>;
  readonly #last = new LastReading<PathHistory>();

  /** @param invalidate answers when the kernel has dropped what it held */
  constructor(vault: VaultView, invalidate: (what: Invalidation) => Promise<void>) {
    this.#vault = vault;
    this.#invalidate = invalidate;
  }

  /** @throws SherinError PATH_MISSING where the path never showed a file; DENIED, LOCKED, TPM_*, MANIFEST_BROKEN */
  async of(path: string, page: Page, caller: Caller, progress: Progress): Promise<HistoryOfPath> {
    const session = await this.#vault.settled();
    const { versions, removals } = await this.#read(session, path, caller, progress);
    const end = Math.min(versions.length, (page.before ?? versions.length + 1) - 1);
    const start = Math.max(0, end - page.most);
    const numbered = versions.slice(start, end).map((version, at) => {
      const put = version.put < 0 ? null : putOf(session.manifest, version);
      const { givenUp } = version;
      const numbered = { number: start + at + 1, time: version.time, ...shown(put) };
      return givenUp === undefined ? numbered : { ...numbered, givenUp };
    });
    const [since, until] = [start === 0 ? undefined : versions[start]?.time, versions[end]?.time];
    // Two removals have a version between them: there are no more of them than of versions.
    const between = removals.filter(
      (time) => (since === undefined || time > since) && (until === undefined || time < until),
    );
    return { total: versions.length, versions: numbered, removals: between };
  }

  /**
   * Makes an old version the newest one; durable when it resolves.
   * @throws SherinError VERSION_MISSING, VERSION_COLLECTED, CUBE_QUARANTINED, AUDIT_UNWRITABLE, NO_SPACE; as {@link of} and {@link restoring}
   */
  async restore(path: string, number: number, caller: Caller, progress: Progress): Promise<NumberedVersion> {
    const session = await this.#vault.settled();
    // What it brings back must stay until its record is there.
    return session.writing.holding(() => this.#restore(session, path, number, caller, progress));
  }

  async #restore(
    session: Session,
    path: string,
    number: number,
    caller: Caller,
    progress: Progress,
  ): Promise<NumberedVersion> {
    const { versions } = await this.#read(session, path, caller, progress);
    const place = placeOfPath(session.tree, treePath(path));
    await session.rules.guard()?.placeRefusal('write', place, caller);
    const version = versions[number - 1];
    if (version === undefined)
      throw new SherinError('VERSION_MISSING', { path, version: number, part: `1 to ${versions.length}` });
    const { givenUp } = version;
    if (givenUp !== undefined)
      throw new SherinError('VERSION_COLLECTED', { what: `${path}@${number}`, part: givenUpText(givenUp) });
    const put = version.put < 0 ? null : keptPut(session.manifest, version);
    if (put !== null) requireCubes(session, put);
    const { id, size } = shown(put);
    const meta = { version: number };
    await session.records.record({ event: 'AUDIT_RESTORE', id, actor: actorOf(caller), meta });
    let mutations: readonly Mutation[] = [];
    const { time } = await session.commitHeld(() => {
      ({ mutations } = restoring(session.manifest, treePath(path), version, nowNanoseconds()));
      return mutations;
    });
    await this.#invalidate(invalidationOf(session.manifest.tree, mutations));
    return { number: versions.length + 1, time, size, id };
  }

  async #read(session: Session, path: string, caller: Caller, progress: Progress): Promise<PathHistory> {
    const names = treePath(path);
    const present = session.manifest.tree.find(names);
    await session.rights.requireRead(present === undefined ? [] : [present.ino], null, caller);
    const history = await this.#last.get(session, namesText(names), () =>
      pathHistory(session.manifest, names, progress),
    );
    if (history.versions.length > 0) return history;
    throw new SherinError(present?.kind === 'directory' ? 'IS_DIRECTORY' : 'PATH_MISSING', { path });
  }
}

function shown(put: Put | null): { readonly size: number; readonly id: SherinId | null } {
  return put === null ? { size: 0, id: null } : { size: put.length, id: formatSherinId(put.id) };
}

/** A version of which a part failed verification is not brought back: whoever reads it would be refused. */
function requireCubes(session: Session, put: Put): void {
  for (const { slot } of objectSlots(session.manifest, put)) {
    for (const cube of cubesOf(slot)) {
      const id = cubeIdFromBytes(cube.id);
      if (session.isQuarantined(id)) throw new SherinError('CUBE_QUARANTINED', { id });
    }
  }
}
