import { SherinError } from '../../../common/errors.js';
import type { CubeId } from '../../../common/ids.js';
import { nowNanoseconds } from '../../../common/time.js';
import type { CubeLock, Release } from '../../cube/cube-lock.js';
import { notRetained } from '../../history/collection.js';
import type { PathLine } from '../../history/path-line.js';
import type { Retention } from '../../history/retention.js';
import { lineAt, type VaultHistory, vaultHistory } from '../../history/vault-history.js';
import type { Invalidation } from '../../mount/driver.js';
import type { Caller } from '../../mount/source.js';
import { treePath } from '../../tree-path.js';
import { actorOf } from '../actor.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';
import { collectRecords } from './collect-records.js';
import { bytesOf, Doomed } from './doomed.js';

type Progress = (done: number, total: number) => void;

export interface GcRequest {
  readonly retention: Retention;
  /** Only versions of these and what is below them; none: of everything. */
  readonly paths: readonly string[];
  readonly dryRun: boolean;
}

/** A path that loses versions, and their numbers as `log` shows them. */
export interface PathLosses {
  readonly path: string;
  readonly versions: readonly number[];
}

export interface GcReport {
  readonly versions: number;
  /** Cubes that only those had. */
  readonly cubes: number;
  readonly bytes: number;
  /** Cubes that nothing referred to, left behind by a crash. */
  readonly orphans: number;
  readonly orphanBytes: number;
  /** Objects that are read at the moment and stay for that. */
  readonly inUse: number;
  readonly paths: readonly PathLosses[];
}

export interface CollectingParts {
  readonly vault: VaultView;
  /** uid that the vault belongs to. */
  readonly owner: number;
  /** Shared by who relies on cubes that no record refers to yet. */
  readonly lock: CubeLock;
  /** Answers when the kernel has dropped what it held. */
  readonly invalidate: (what: Invalidation) => Promise<void>;
  /** How long ago a file was last written whose pieces are joined before anything is given up, ms; absent: as ever. */
  readonly cooling?: number;
}

/** Paths in an answer, and versions of each. */
const listed = 200;

/** Gives up old versions, and the space that they alone took. */
export class Collecting {
  readonly #parts: CollectingParts;

  constructor(parts: CollectingParts) {
    this.#parts = parts;
  }

  /**
   * The record of what is given up is durable before the first cube goes. A crash after it leaves cubes that nothing needs, which
   * the next run removes.
   * @throws SherinError DENIED, PATH_MISSING, AUDIT_UNWRITABLE, LOCKED, NO_SPACE, IO, MANIFEST_BROKEN
   */
  async gc(request: GcRequest, caller: Caller, progress: Progress): Promise<GcReport> {
    const session = await this.#parts.vault.settled();
    await session.rights.requireOwner([this.#parts.owner], caller, 'gc', 'give up versions of this vault');
    if (!request.dryRun) await joinPieces(session, this.#parts.cooling);
    const planned = await plan(session, request, progress);
    if (request.dryRun) return reportOf(planned);
    const release = await withoutOthers(session, this.#parts.lock);
    try {
      await session.alone(async (commit) => {
        planned.doomed.update(session.beingRead());
        await record(session, 'AUDIT_GC', caller, reportOf(planned));
        const records = collectRecords('gc', planned.doomed.collection);
        if (records.length > 0) await commit(records);
        await planned.doomed.remove();
      });
    } finally {
      release();
    }
    const { doomed } = planned;
    // What nothing referred to may be left of a destroy that was cut off.
    await session.store.emptyTrash((id) => doomed.cubes.has(id as CubeId));
    const report = reportOf(planned);
    await record(session, 'AUDIT_GC_DONE', caller, report);
    await this.#parts.invalidate('all');
    return report;
  }
}

/** The hold under which cubes go; whoever has it asks for the session's turn only then. @throws SherinError TIMEOUT */
export async function withoutOthers(session: Session, lock: CubeLock): Promise<Release> {
  // What was written stands on cubes without a record until then. On a full disk it can't be sealed, and what goes makes room.
  await session.writing.durable(null).catch(() => undefined);
  return lock.exclusive();
}

/** What was in pieces leaves cubes that nothing needs. What keeps it from being joined does not keep anything from being given up. */
async function joinPieces(session: Session, cooling?: number): Promise<void> {
  await session.writing.joining.pass(cooling).catch((error: unknown) => {
    if (!(error instanceof SherinError)) throw error;
  });
}

interface GcPlan {
  readonly history: VaultHistory;
  readonly doomed: Doomed;
  readonly inUse: number;
}

async function plan(session: Session, { paths, retention }: GcRequest, progress: Progress): Promise<GcPlan> {
  const history = await vaultHistory(session.manifest, progress);
  const within = paths.length === 0 ? null : paths.map((path) => requireLine(history, path));
  const present = new Set(Array.from(session.manifest.tree.contents(), ({ putIndex }) => putIndex));
  const chosen = { retention, now: nowNanoseconds(), within, present };
  const collection = notRetained(history, { ...chosen, inUse: session.inUse() });
  const wanted = notRetained(history, { ...chosen, inUse: new Set() });
  const doomed = await Doomed.of(session, collection, history.size);
  await doomed.addOrphans();
  return { history, doomed, inUse: wanted.objects.length - collection.objects.length };
}

function record(session: Session, event: string, caller: Caller, report: GcReport): Promise<void> {
  const { versions, cubes, bytes, orphans } = report;
  const meta = { versions, cubes, bytes, orphans };
  return session.records.record({ event, id: null, actor: actorOf(caller), meta });
}

/** @throws SherinError PATH_MISSING where it never showed a file */
export function requireLine({ root }: VaultHistory, path: string): PathLine {
  const line = lineAt(root, treePath(path));
  if (line === undefined) throw new SherinError('PATH_MISSING', { path });
  return line;
}

function reportOf({ history, doomed, inUse }: GcPlan): GcReport {
  const { collection, cubes, orphans } = doomed;
  return {
    versions: collection.puts.length,
    ...{ cubes: cubes.size, bytes: bytesOf(cubes) },
    ...{ orphans: orphans.size, orphanBytes: bytesOf(orphans) },
    inUse,
    paths: lossesOf(history, new Set(collection.puts)),
  };
}

function lossesOf({ root }: VaultHistory, gone: ReadonlySet<number>): PathLosses[] {
  const losses: PathLosses[] = [];
  for (const line of root.all()) {
    const shown = line.states.filter(({ inode }) => inode !== 0);
    const versions = shown.flatMap(({ put }, at) => (gone.has(put) ? [at + 1] : []));
    if (versions.length > 0) losses.push({ path: line.path, versions: versions.slice(0, listed) });
    if (losses.length === listed) break;
  }
  return losses;
}
