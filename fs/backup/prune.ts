/** Takes cubes out of a backup that no version of the vault needs any more. */
import { open } from 'node:fs/promises';
import { base32Encode } from '../../common/base32.js';
import { asCubeId } from '../../common/ids.js';
import { system } from '../../native/index.js';
import { cubePath } from '../cube/store.js';
import { storedNames } from './copy-cubes.js';

const idBytes = 32;
const run = 4096;

/**
 * @param needed file of 32-byte cube IDs, all that any version needs: a cube that the vault has lost is among them, and the backup's may be the only one left
 * @returns how many were removed
 */
export async function prune(vault: number, backup: number, needed: string): Promise<number> {
  const keep = await readIds(needed);
  // Of an import under way: a later backup would have to copy them again.
  for (const name of await storedNames(vault)) keep.add(name);
  let removed = 0;
  for (const name of await storedNames(backup)) {
    const id = asCubeId(name);
    if (id === undefined || keep.has(id)) continue;
    system.unlinkBeneath(backup, Buffer.from(cubePath(id)));
    removed += 1;
  }
  return removed;
}

async function readIds(path: string): Promise<Set<string>> {
  const ids = new Set<string>();
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(run * idBytes);
    for (;;) {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, null);
      for (let at = 0; at + idBytes <= bytesRead; at += idBytes)
        ids.add(base32Encode(bytes.subarray(at, at + idBytes)));
      if (bytesRead === 0) return ids;
      if (bytesRead % idBytes !== 0) throw new RangeError('the list of needed cubes is cut off');
    }
  } finally {
    await file.close();
  }
}
