import type { SherinError } from '../../common/errors.js';
import type { LockedVault } from '../vault/open.js';
import { sealReasons } from './boot/refused-seal.js';
import { lockoutReasons } from './lockout.js';

/** What the TPM has to say of a refusal: what it was sealed to and measures now, and its lockout. */
export async function tpmReasons(vault: LockedVault, refusal: SherinError): Promise<readonly string[]> {
  return [...(await sealReasons(vault, refusal)), ...(await lockoutReasons(vault, refusal))];
}
