import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import type { Status } from '../protocol/control.js';

/** One runtime directory serves one vault. @throws SherinError USAGE when it is not the one that is meant */
export function refuseOtherVault({ vault }: Status, where: Places): void {
  if (vault.path === where.vault) return;
  throw new SherinError('USAGE', {
    what: `the sherin-fs of ${where.runtime} serves ${vault.path}, not ${where.vault}; give this vault a --runtime-dir of its own`,
  });
}
