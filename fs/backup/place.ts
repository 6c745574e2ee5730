/** Where a copy of a vault may go: outside of the vault, of its mount, and of other vaults and backups. */
import { existsSync } from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';

/** @param mount mount point of the vault, also while nothing is mounted there @throws SherinError BACKUP_PLACE, LOCAL_FILE */
export async function requirePlaceForBackup(path: string, vault: number, mount: string): Promise<void> {
  await requireOutside(path, vault, 'vault');
  // A mount that is dead answers nothing, and must not keep the vault from being backed up.
  if (isWithin(await realPath(path), await realPath(mount).catch(() => mount)))
    throw refused(path, `it is, or lies in, the mount point of the vault, ${mount}`);
}

/** Neither in nor around the directory that is copied, nor in a vault or backup. @throws SherinError BACKUP_PLACE, LOCAL_FILE */
export async function requireOutside(path: string, copied: number, what: 'vault' | 'backup'): Promise<void> {
  const [place, own] = [await realPath(path), await openPath(copied)];
  if (isWithin(place, own)) throw refused(path, `it is, or lies in, the directory of the ${what}`);
  if (isWithin(own, place)) throw refused(path, `the ${what} lies in it`);
  const other = vaultAbove(place);
  if (other !== null) throw refused(path, `it lies in ${other}, which holds a vault or a backup`);
}

function refused(path: string, part: string): SherinError {
  return new SherinError('BACKUP_PLACE', { path, part });
}

/** True where a path, which may be still to be made, is an open directory, or lies in it or around it. */
export async function overlaps(path: string, directory: number): Promise<boolean> {
  const [here, there] = [await realPath(path), await openPath(directory)];
  return isWithin(here, there) || isWithin(there, here);
}

function isWithin(path: string, directory: string): boolean {
  return `${path}/`.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** The nearest directory above a path that is shaped like a vault. */
function vaultAbove(path: string): string | null {
  for (let at = path; at !== dirname(at); ) {
    at = dirname(at);
    if (['vault.json', 'cubes'].every((name) => existsSync(join(at, name)))) return at;
  }
  return null;
}

function openPath(directory: number): Promise<string> {
  return readlink(`/proc/self/fd/${directory}`);
}

/** Without links, as far as it exists. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const parent = dirname(path);
    if (systemCode(cause) === 'ENOENT' && parent !== path)
      return join(await realPath(parent), basename(path));
    throw localError(path, cause);
  }
}
