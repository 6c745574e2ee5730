/** Cubes that versions need and in whose places stands what says a later format version: nobody reads it, and no scrub moves it. */
import { SherinError } from '../../common/errors.js';
import type { CubeId } from '../../common/ids.js';
import { isNewer } from '../../common/newer-format.js';
import { sideBySide } from '../cube/check.js';
import { cubeFormat, versionOfFile } from '../cube/cube-source.js';
import { cubePath } from '../cube/store.js';
import type { Lack } from './disk.js';
import type { References } from './references.js';
import type { StoredFiles } from './stored-files.js';

/** Looks at the first bytes of each file; what its disk does not give is for `verify` to tell. */
export async function newerCubes(
  vaultFd: number,
  references: References,
  { cubes }: StoredFiles,
  lacks: ReadonlyMap<CubeId, Lack>,
  step: () => void,
): Promise<Map<CubeId, 'newer'>> {
  const found = new Map<CubeId, 'newer'>();
  await sideBySide(references.ids(), async (id) => {
    const lack = lacks.get(id);
    if (cubes.get(id)?.ordinary === true && (lack === undefined || lack === 'damaged')) {
      const version = await versionOfFile(vaultFd, cubePath(id), id).catch(withoutDisk);
      if (isNewer(version, cubeFormat)) found.set(id, 'newer');
    }
    step();
    return true;
  });
  return found;
}

function withoutDisk(error: unknown): null {
  if (error instanceof SherinError && error.code === 'DISK_READ') return null;
  throw error;
}
