/** Cube files of a directory that is shaped like a vault and belongs to someone else: a backup, a vault that is copied. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import type { CubeId } from '../../common/ids.js';
import { readBounded } from '../disk/bounded.js';
import { cubePath, largestCube } from './store.js';

/** What answers where there is no file to be read: nothing, a link, a file in a folder's place. */
const notThere: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'ELOOP'];

/**
 * Bytes of a cube below a directory, unverified; null where it has no such file. Asked in Node's own I/O threads: the directory may lie on
 * a file system that is slow to answer.
 * @throws SherinError DISK_READ
 */
export function readCubeFile(directory: number, id: CubeId): Promise<Buffer | null> {
  return readFileOfCube(directory, cubePath(id), id);
}

/** As {@link readCubeFile}, of a file with any name. */
export async function readFileOfCube(directory: number, path: string, id: CubeId): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    file = await open(
      `/proc/self/fd/${directory}/${path}`,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (error) {
    if (notThere.includes(systemCode(error))) return null;
    throw unreadable(id, error);
  }
  try {
    if (!(await file.stat()).isFile()) return null;
    return await readBounded(file, largestCube + 1);
  } catch (error) {
    throw unreadable(id, error);
  } finally {
    await file.close();
  }
}

function unreadable(id: CubeId, cause: unknown): SherinError {
  return new SherinError('DISK_READ', { what: `cube ${id}`, part: systemCode(cause) ?? 'EIO' }, { cause });
}
