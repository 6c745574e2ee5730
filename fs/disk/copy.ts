import { constants } from 'node:fs';
import { copyFile, type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './durable.js';
import { openUntrusted } from './untrusted.js';

/** Copies an ordinary file; the copy is durable and 0600, its name not yet. False where there is no ordinary file. */
export async function copyFileTo(from: string, to: string): Promise<boolean> {
  const source = await openOrdinary(from);
  if (source === null) return false;
  try {
    await rm(to, { recursive: true, force: true });
    // Of what is open: whoever may write there may have put another thing into its place.
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
    await copyFile(`/proc/self/fd/${source.fd}`, to, flags);
  } finally {
    await source.close();
  }
  const file = await open(to, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
  return true;
}

/** Copies an ordinary file so that a crash leaves what was there before or the whole copy. False where there is none. */
export async function replaceWithCopy(from: string, to: string): Promise<boolean> {
  const temporary = `${to}.tmp`;
  if (!(await copyFileTo(from, temporary))) return false;
  await rename(temporary, to);
  await syncDirectory(dirname(to));
  return true;
}

/** Makes the bytes of a file that is there already durable; one that is none has none. */
export async function syncOrdinary(path: string): Promise<void> {
  const file = await openOrdinary(path);
  if (file === null) return;
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Size of an ordinary file, null where there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  const facts = await lstat(path).catch(missing);
  return facts?.isFile() === true ? facts.size : null;
}

/** Null where there is none, or a link, FIFO or socket in its place: nothing is followed or waited for. */
async function openOrdinary(path: string): Promise<FileHandle | null> {
  let file: FileHandle;
  try {
    file = await openUntrusted(path);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return null;
}

function missing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
