/** Cube files of a directory that is shaped like a vault and belongs to someone else: a backup, a vault that is copied. */
import type { FileHandle } from 'node:fs/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import type { CubeId } from '../../common/ids.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import { cubePath, largestCube } from './store.js';

/** Format version of cubes: the newest that the addon reads. */
export const cubeFormat = 1;

const magic = Buffer.from('SHERIN::');
/** Where the version of a header ends, and its flags: their upper half is the epoch. */
const versionEnd = 10;
const flagsEnd = 16;
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

/** As {@link readCubeFile}, of a file with any name. @param limit bytes that are read at most */
export async function readFileOfCube(
  directory: number,
  path: string,
  id: CubeId,
  limit = largestCube + 1,
): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    file = await openUntrusted(`/proc/self/fd/${directory}/${path}`);
  } catch (error) {
    if (notThere.includes(systemCode(error))) return null;
    throw unreadable(id, error);
  }
  try {
    if (!(await file.stat()).isFile()) return null;
    return await readBounded(file, limit);
  } catch (error) {
    throw unreadable(id, error);
  } finally {
    await file.close();
  }
}

/** Key epoch in the flags of a cube's header (FORMAT.md, "Cube file"), unverified; null where there is no such file. @throws SherinError DISK_READ */
export async function epochOfFile(directory: number, path: string, id: CubeId): Promise<number | null> {
  const head = await readFileOfCube(directory, path, id, flagsEnd);
  return head === null || head.length < flagsEnd ? null : head.readUInt16LE(flagsEnd - 2);
}

/** Format version that a cube's header says, unverified; null where there is no such file, or nothing of a cube in it. @throws SherinError DISK_READ */
export async function versionOfFile(directory: number, path: string, id: CubeId): Promise<number | null> {
  const head = await readFileOfCube(directory, path, id, versionEnd);
  if (head === null || head.length < versionEnd || !head.subarray(0, magic.length).equals(magic)) return null;
  return head.readUInt16LE(magic.length);
}

function unreadable(id: CubeId, cause: unknown): SherinError {
  return new SherinError('DISK_READ', { what: `cube ${id}`, part: systemCode(cause) ?? 'EIO' }, { cause });
}
