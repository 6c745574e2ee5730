/** What has come into use since the log was read: a check does not keep others from committing. */
import { lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { asCubeId, type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import { Needed, placedBy } from '../cube/needed.js';
import { nodeId } from '../manifest/object-tree.js';
import type { Session } from '../service/session/session.js';
import type { Leftover } from './disk.js';
import { cubesOfTree, isBroken } from './references.js';

/** Files between two turns of the event loop. */
const stride = 200;

/** What records from `size` on need; null where one of them has been given up already. @throws SherinError IO, LOCKED */
export function neededSince({ manifest }: Session, size: number): Needed | null {
  const needed = new Needed();
  try {
    for (let seq = size; seq < manifest.head.size; seq++) {
      const placed = placedBy(manifest.tree, manifest.record(seq).mutation);
      if (placed !== null) needed.add(manifest, placed);
    }
  } catch (error) {
    if (!isBroken(error)) throw error;
    return null;
  }
  return needed;
}

/**
 * Cubes that programs rely on for what is in no version, of files that have no name any more, too; and for what they read as it lay
 * when they opened it, though it may lie elsewhere since.
 */
export function heldCubes(session: Session): ReadonlySet<CubeId> {
  const { manifest, writing } = session;
  const held = new Set<CubeId>();
  for (const { node, length } of [...writing.inCubes(), ...session.beingRead()]) {
    const tree = { length, node, nodeId: nodeId(node), record: -1, versions: 0 };
    for (const { id } of cubesOfTree(manifest, tree)) held.add(cubeIdFromBytes(id));
  }
  return held;
}

/** Those that are there and that nothing needs still, though records have come since the log had `size` of them. */
export async function stillLeft(
  session: Session,
  vaultFd: number,
  size: number,
  leftovers: readonly Leftover[],
): Promise<readonly Leftover[]> {
  const needed = neededSince(session, size);
  const held = heldCubes(session);
  const inUse = ({ kind, path }: Leftover): boolean => {
    const id = asCubeId(path.slice(path.lastIndexOf('/') + 1).replace(/\.cube$/, ''));
    if (id === undefined) return false;
    if (kind === 'orphan') return needed === null || needed.cubes.has(id) || held.has(id);
    // A cube that is refused since may need what is there of it.
    return (kind === 'quarantine' || kind === 'misplaced') && session.isQuarantined(id);
  };
  const left: Leftover[] = [];
  for (const [at, leftover] of leftovers.entries()) {
    if (!inUse(leftover) && !isGone(vaultFd, leftover)) left.push(leftover);
    if (at % stride === stride - 1) await setImmediate();
  }
  return left;
}

/** An unfinished write that has ended since, or a cube that was collected. */
function isGone(vaultFd: number, { kind, path }: Leftover): boolean {
  if (kind !== 'temporary' && kind !== 'orphan') return false;
  return lstatSync(`/proc/self/fd/${vaultFd}/${path}`, { throwIfNoEntry: false }) === undefined;
}
