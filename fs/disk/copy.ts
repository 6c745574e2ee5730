import { constants } from 'node:fs';
import { copyFile, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './durable.js';

/** Copies an ordinary file; the copy is durable and 0600, its name not yet. False where there is no ordinary file. */
export async function copyFileTo(from: string, to: string): Promise<boolean> {
  if (!(await isOrdinary(from))) return false;
  await rm(to, { recursive: true, force: true });
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
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

/** Size of an ordinary file, null where there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  const facts = await lstat(path).catch(missing);
  return facts?.isFile() === true ? facts.size : null;
}

async function isOrdinary(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== null;
}

function missing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
