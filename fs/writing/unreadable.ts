/** What stands beneath written bytes can not be read: a cube is refused or missing, or the disk does not give it. */
import { SherinError } from '../../common/errors.js';

const codes: ReadonlySet<string> = new Set(['CUBE_FAILED', 'CUBE_QUARANTINED', 'CUBE_MISSING', 'DISK_READ']);

export function isUnreadable(error: unknown): error is SherinError {
  return error instanceof SherinError && codes.has(error.code);
}
