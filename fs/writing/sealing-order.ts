/** Where the changes of a batch may be cut into transactions, and which of its versions may be left out. */
import type { Change, VersionChange } from './change.js';
import type { FrozenContent } from './frozen-content.js';

/** Vertices that a version has in memory and an earlier one has too, from which to encrypt them twice costs more than another commit. */
const muchInCommon = 64;

/** Versions that are not made, and the number of the change by which their file loses its last name. */
export type LeftOut = ReadonlyMap<VersionChange, number>;

export const noneLeft: LeftOut = new Map();

/**
 * Versions of files that have no name behind the last change. Where they are left out in the transaction that has the removal, too, no
 * state is missing: what is in between is never seen, and content of a file that the manifest does not have is of no account in the journal.
 */
export function leftOut(changes: readonly Change[], isNamed: (ino: number) => boolean): LeftOut {
  const removals = new Map<number, number>();
  for (const change of changes)
    if (change.type === 'mutation' && change.unnamed !== 0) removals.set(change.unnamed, change.number);
  const left = new Map<VersionChange, number>();
  for (const change of changes) {
    if (change.type !== 'version' || isNamed(change.inode)) continue;
    const removal = removals.get(change.inode) ?? 0;
    if (removal > change.number) left.set(change, removal);
  }
  return left;
}

/** Cuts changes behind versions, as often as can be: one that is left out stays with the removal of its file. */
export function portionsOf(changes: readonly Change[], left: LeftOut): Change[][] {
  const portions: Change[][] = [];
  let start = 0;
  let together = 0;
  for (const [at, change] of changes.entries()) {
    if (change.type !== 'version') continue;
    together = Math.max(together, left.get(change) ?? 0);
    if (change.number < together) continue;
    portions.push(changes.slice(start, at + 1));
    start = at + 1;
  }
  if (start < changes.length) portions.push(changes.slice(start));
  return portions;
}

/**
 * Cuts changes into what is encrypted at one time. A version that has much in common with an earlier one of its file comes behind that:
 * once the manifest has the one, of the other only what has changed since is encrypted.
 */
export function* batchesOf(changes: readonly Change[]): Iterable<readonly Change[]> {
  let batch: Change[] = [];
  const earlier = new Map<number, FrozenContent>();
  for (const state of statesOf(changes, noneLeft)) {
    const versions = state.filter((change) => change.type === 'version');
    if (versions.some(({ inode, frozen }) => hasMuchOf(frozen, earlier.get(inode)))) {
      yield batch;
      batch = [];
      earlier.clear();
    }
    batch.push(...state);
    for (const { inode, frozen } of versions) earlier.set(inode, frozen);
  }
  yield batch;
}

function hasMuchOf(frozen: FrozenContent, earlier: FrozenContent | undefined): boolean {
  return earlier !== undefined && frozen.unchangedSince(earlier) >= muchInCommon;
}

/**
 * Cuts changes where a file would get a second version, or one that just got its version would lose a name: what is committed at one
 * time is one state. Only where a version is left out may that be less often than it takes for each one to be seen.
 */
export function* statesOf(changes: readonly Change[], left: LeftOut): Iterable<readonly Change[]> {
  let start = 0;
  let together = 0;
  let versions = new Set<number>();
  for (const [at, change] of changes.entries()) {
    const ino = change.type === 'version' ? change.inode : change.unnamed;
    if (versions.has(ino) && change.number > together) {
      yield changes.slice(start, at);
      start = at;
      versions = new Set();
    }
    if (change.type !== 'version') continue;
    const removal = left.get(change);
    if (removal === undefined) versions.add(ino);
    else together = Math.max(together, removal);
  }
  yield changes.slice(start);
}
