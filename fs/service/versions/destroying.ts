import { SherinError } from '../../../common/errors.js';
import { formatCount } from '../../../common/format-count.js';
import type { CubeId } from '../../../common/ids.js';
import { contentOf, placedBy } from '../../cube/needed.js';
import { type Destroyed, shownAlone } from '../../history/collection.js';
import type { PathLine } from '../../history/path-line.js';
import { type VaultHistory, vaultHistory } from '../../history/vault-history.js';
import type { Caller } from '../../mount/source.js';
import { treePath } from '../../tree-path.js';
import { actorOf } from '../actor.js';
import type { Session } from '../session/session.js';
import { collectRecords } from './collect-records.js';
import { type CollectingParts, requireLine, withoutOthers } from './collecting.js';
import { bytesOf, Doomed } from './doomed.js';
import type { Removing } from './removing.js';

type Progress = (done: number, total: number) => void;

export interface DestroyReport {
  /** Paths that are gone now, and versions that are given up. */
  readonly files: number;
  readonly versions: number;
  /** Cubes overwritten and removed. */
  readonly cubes: number;
  readonly bytes: number;
  /** Cubes that stay, as other content needs them. */
  readonly shared: number;
  /** Some of the paths that share. */
  readonly sharedWith: readonly string[];
  /** How many more there are than are named. */
  readonly sharedMore: number;
  /** Cubes that stay, as programs hold other files without a name that have the same content. */
  readonly inUse: number;
  /** Cube files with another name, removed but not overwritten. */
  readonly linked: number;
}

/** Paths in an answer. */
const listed = 16;

/** Removes files with all their versions, and overwrites what they alone had. */
export class Destroying {
  readonly #parts: CollectingParts;
  readonly #removing: Removing;

  constructor(parts: CollectingParts, removing: Removing) {
    this.#parts = parts;
    this.#removing = removing;
  }

  /**
   * Repeating it after a crash finishes what was begun.
   * @throws SherinError DENIED, PATH_MISSING, IS_DIRECTORY for all of it, AUDIT_UNWRITABLE, LOCKED, NO_SPACE, IO, MANIFEST_BROKEN
   */
  async destroy(paths: readonly string[], caller: Caller, progress: Progress): Promise<DestroyReport> {
    const session = await this.#parts.vault.settled();
    if (paths.some((path) => treePath(path).length === 0))
      throw new SherinError('IS_DIRECTORY', { path: 'files/' });
    const files = await this.#remove(session, paths, caller, progress);
    const segments = await session.writing.durability.shredJournal();
    // Once more: what a program had written to a file became its last version when that was removed.
    const history = await vaultHistory(session.manifest, progress);
    const lines = paths.map((path) => requireLine(history, path));
    const gone = shownAlone(history, lines);
    const doomed = await Doomed.of(session, gone, history.size);
    const held = earlierCubes(session, history, gone);
    doomed.add(held);
    const release = await withoutOthers(session, this.#parts.lock);
    try {
      await session.alone(async (commit) => {
        // Who has one of the files open keeps nothing of it.
        doomed.addContents(session.writing.letGo(inodesOf(lines)));
        doomed.update([]);
        const records = collectRecords('destroy', doomed.collection);
        if (records.length > 0) await commit(records);
        await doomed.remove();
      });
    } finally {
      release();
    }
    const report = {
      files,
      versions: doomed.collection.puts.length,
      ...{ cubes: doomed.cubes.size, bytes: bytesOf(doomed.cubes) },
      linked: (await session.store.emptyTrash(() => false)) + (await purge(session, held, doomed)),
    };
    const actor = actorOf(caller);
    await session.records.record({ event: 'AUDIT_DESTROY_DONE', id: null, actor, meta: report });
    await this.#parts.invalidate('all');
    if (segments > 0)
      throw new SherinError('IO', {
        what: 'overwriting the journal',
        part: `${formatCount(segments, 'segment')} left`,
      });
    const stay = [...held].filter((id) => doomed.needs(id));
    const inUse = stay.filter((id) => doomed.isInUse(id)).length;
    return {
      ...report,
      inUse,
      shared: stay.length - inUse,
      sharedWith: gone.shared.slice(0, listed).map(({ path }) => path),
      sharedMore: Math.max(0, gone.shared.length - listed),
    };
  }

  /** Takes what is there out of the tree. @returns how many files */
  async #remove(
    session: Session,
    paths: readonly string[],
    caller: Caller,
    progress: Progress,
  ): Promise<number> {
    const history = await vaultHistory(session.manifest, progress);
    const lines = paths.map((path) => requireLine(history, path));
    const owners = ownersOf(history, lines);
    await session.rights.requireOwner(owners, caller, 'destroy', 'destroy files of others');
    const actor = actorOf(caller);
    await session.records.record({ event: 'AUDIT_DESTROY', id: null, actor, meta: { paths: paths.length } });
    const there = lines.filter((line) => session.manifest.tree.find(line.names()) !== undefined);
    if (there.length === 0) return 0;
    const named = there.map(({ path }) => path);
    return (await this.#removing.remove(named, caller)).files;
  }
}

/** Of every file that lines have shown. */
function ownersOf({ uidOf }: VaultHistory, lines: readonly PathLine[]): Set<number> {
  return new Set(Array.from(inodesOf(lines), (inode) => uidOf(inode) ?? 0));
}

/** Every inode that lines have shown, with what is below them. */
function inodesOf(lines: readonly PathLine[]): Set<number> {
  const inodes = new Set<number>();
  for (const { states } of lines.flatMap((line) => [...line.all()]))
    for (const { inode } of states) if (inode !== 0) inodes.add(inode);
  return inodes;
}

/** Cubes of all that was shown, given up by now or earlier, wherever it has lain, as far as the index nodes are there. */
function earlierCubes(
  { manifest }: Session,
  { puts, layouts }: VaultHistory,
  { shown }: Destroyed,
): Set<CubeId> {
  const cubes = new Set<CubeId>();
  const objects = new Set([...shown].map((put) => puts.get(put)?.object ?? 0));
  const moved = [...objects].flatMap((no) => layouts.get(no) ?? []);
  for (const index of [...shown, ...moved]) {
    const placed = placedBy(manifest.tree, manifest.record(index).mutation);
    if (placed === null) continue;
    try {
      for (const id of contentOf(manifest, placed).keys()) cubes.add(id);
    } catch (error) {
      // Its nodes went with an earlier gc, and its cubes did.
      if (!(error instanceof SherinError && error.code === 'MANIFEST_BROKEN')) throw error;
    }
  }
  return cubes;
}

/** Removes what is in quarantine of it. @returns how many could not be overwritten */
async function purge(
  { manifest, store }: Session,
  held: ReadonlySet<CubeId>,
  doomed: Doomed,
): Promise<number> {
  let linked = 0;
  for (const { cube } of [...manifest.tree.quarantine()]) {
    if (!held.has(cube) || doomed.needs(cube)) continue;
    await store.purge(cube, true).catch(async (error: unknown) => {
      if (!(error instanceof SherinError && error.code === 'SHRED_REFUSED')) throw error;
      linked += 1;
      await store.purge(cube, false);
    });
  }
  return linked;
}
