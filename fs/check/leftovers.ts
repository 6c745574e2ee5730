/** Removes files that nothing needs. Only under the exclusive hold of the cube lock. */
import { systemCode } from '../../common/errors.js';
import { asCubeId, cubeIdToBytes } from '../../common/ids.js';
import { system } from '../../native/index.js';
import type { Session } from '../service/session.js';
import type { DiskCheck, Leftover } from './disk.js';

/** What may go: no name that Sherin does not know, and no file that a repair could need. */
export function removable({ leftovers, lacks }: DiskCheck): readonly Leftover[] {
  return leftovers.filter(({ kind, path }) => {
    if (kind === 'strange') return false;
    const id = asCubeId(path.slice(path.lastIndexOf('/') + 1).replace(/\.cube$/, ''));
    return id === undefined || !lacks.has(id);
  });
}

/** @returns those that are gone. @throws SherinError IO */
export async function removeLeftovers(
  { store, reader }: Session,
  vaultFd: number,
  leftovers: readonly Leftover[],
): Promise<readonly Leftover[]> {
  const gone: Leftover[] = [];
  for (const leftover of leftovers) {
    const { path, kind } = leftover;
    if (kind === 'temporary') await store.removeTemporary(path.slice('cubes/tmp/'.length));
    else if (!unlink(vaultFd, path)) continue;
    if (kind === 'orphan') {
      const id = asCubeId(path.slice(path.lastIndexOf('/') + 1, -'.cube'.length));
      if (id !== undefined) reader.drop(cubeIdToBytes(id));
    }
    gone.push(leftover);
  }
  if (gone.length > 0) await system.syncfs(vaultFd);
  return gone;
}

/** False for a directory and for what can not be removed. */
function unlink(vaultFd: number, path: string): boolean {
  try {
    system.unlinkBeneath(vaultFd, Buffer.from(path));
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
