import { mkdir } from 'node:fs/promises';

/**
 * Makes a private directory where there is none; its parent has to be there. Not with `recursive`: below a directory that was removed while
 * it is open, Node's mkdir goes round for ever. @throws errno ENOENT, ENOSPC…
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
