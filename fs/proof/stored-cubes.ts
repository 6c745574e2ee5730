/** Every cube of a folder, one after the other, with the public key alone. */
import { type FileHandle, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../common/errors.js';
import { asCubeId, cubeIdToBytes } from '../../common/ids.js';
import { verifier } from '../../common/signature.js';
import type { VaultKey } from '../../common/vault-key.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import { largestCubeFile, type StoredFault, storedCubeFault } from './stored-cube.js';

export interface StoredFailure {
  /** Below the folder. */
  readonly name: string;
  /** Beside the faults an errno: it could not be read. */
  readonly fault: StoredFault | string;
}

/**
 * @param folder `cubes/` of a vault or a backup
 * @param failed told of each cube that does not verify, and of each file that is none
 * @returns how many were looked at
 */
export async function checkStoredCubes(
  folder: string,
  { uuid, publicKey }: VaultKey,
  failed: (failure: StoredFailure) => void,
): Promise<number> {
  const verify = verifier(publicKey);
  let total = 0;
  for await (const part of await opendir(folder)) {
    if (!part.isDirectory() || !/^[a-z2-7]{2}$/.test(part.name)) continue;
    for await (const { name } of await opendir(join(folder, part.name))) {
      total += 1;
      const at = `${part.name}/${name}`;
      const id = name.endsWith('.cube') ? asCubeId(name.slice(0, -5)) : undefined;
      if (id === undefined || !id.startsWith(part.name)) failed({ name: at, fault: 'malformed' });
      else {
        const file = await cubeBytes(join(folder, at));
        const fault =
          typeof file === 'string' ? file : storedCubeFault(file, cubeIdToBytes(id), uuid, verify);
        if (fault !== null) failed({ name: at, fault });
      }
    }
  }
  return total;
}

/** All of it and one byte, so that one that is too long is seen; or why it can not be read. */
async function cubeBytes(path: string): Promise<Buffer | string> {
  let file: FileHandle | null = null;
  try {
    file = await openUntrusted(path);
    if (!(await file.stat()).isFile()) return 'malformed';
    return await readBounded(file, largestCubeFile + 1);
  } catch (error) {
    return systemCode(error) ?? 'EIO';
  } finally {
    await file?.close();
  }
}
