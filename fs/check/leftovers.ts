/** Removes files that nothing needs. Only under the exclusive hold of the cube lock. */
import { systemCode } from '../../common/errors.js';
import { asCubeId, cubeIdToBytes } from '../../common/ids.js';
import { system } from '../../native/index.js';
import type { Session } from '../service/session/session.js';
import type { DiskCheck, Leftover } from './disk.js';

/** What may go: no name that Sherin does not know, and no file that a repair could need. */
export function removable({ leftovers, lacks }: DiskCheck): readonly Leftover[] {
  const mayGo = ({ path }: Leftover): boolean => {
    const id = asCubeId(path.slice(path.lastIndexOf('/') + 1).replace(/\.cube$/, ''));
    return id === undefined || !lacks.has(id);
  };
  // The trash is emptied as a whole.
  const emptied = leftovers.filter(({ kind }) => kind === 'trash').every(mayGo);
  return leftovers.filter((each) => {
    if (each.kind === 'trash') return emptied;
    return each.kind !== 'strange' && mayGo(each);
  });
}

/** @returns those that are gone. @throws SherinError IO */
export async function removeLeftovers(
  { store, reader }: Session,
  vaultFd: number,
  leftovers: readonly Leftover[],
): Promise<readonly Leftover[]> {
  const gone: Leftover[] = [];
  // What a destroy has left there is overwritten, as it would have been.
  if (leftovers.some(({ kind }) => kind === 'trash')) await store.emptyTrash(() => false);
  for (const leftover of leftovers) {
    const { path, kind } = leftover;
    if (kind === 'trash') {
      gone.push(leftover);
      continue;
    }
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
