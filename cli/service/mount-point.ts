/** The directory to mount at, as far as it is the user's affair: that it is there. */
import { lstatSync, mkdirSync } from 'node:fs';
import type { Places } from '../../common/environment.js';
import { SherinError, systemCode } from '../../common/errors.js';

/**
 * Makes the usual mount point where it is missing; one that somebody named may be a slip of the keyboard.
 * @throws SherinError MOUNT_MISSING
 */
export function needMountPoint({ mount, mountNamed }: Pick<Places, 'mount' | 'mountNamed'>): void {
  if (!isMissing(mount)) return;
  if (mountNamed) throw new SherinError('MOUNT_MISSING', { path: mount });
  try {
    mkdirSync(mount, { mode: 0o700 });
  } catch (error) {
    // another `up` may have been faster
    if (systemCode(error) !== 'EEXIST')
      throw new SherinError('MOUNT_MISSING', { path: mount }, { cause: error });
  }
}

function isMissing(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}
