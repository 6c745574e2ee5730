/** `vault.*`: passed on to sherin-fs. Secrets go there directly, never through here. */
import { z } from 'zod';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { count } from '../short-values.js';
import { nothing } from '../terms.js';

export const vaultMethods = {
  'vault.lock': daemonMethod(
    'admin',
    'Wipes keys and caches; every open and read answers EACCES until unlock',
    nothing,
    nothing,
  ),
  'vault.unlock': daemonMethod(
    'admin',
    'Opens the vault with its TPM, where that wants no PIN (ENOKEY else)',
    nothing,
    nothing,
  ),
  'vault.scrub': daemonMethod(
    'admin',
    'Keyless check of every stored cube; answers when it has come to its end. One at a time (EBUSY)',
    nothing,
    z.strictObject({ cubes: count, failed: count }),
  ),
} as const satisfies Record<string, DaemonTerm>;
