import type { SherinError } from '../../../common/errors.js';
import type { NextBoot } from '../../../daemon/protocol/keys.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { nextBoot } from '../boot/next-boot.js';
import { sealReasons } from '../boot/refused-seal.js';
import { lockoutReasons } from './lockout.js';

/** What the TPM of a vault tells; no key is needed. */
export class TpmAnswers {
  readonly #vault: LockedVault;

  constructor(vault: LockedVault) {
    this.#vault = vault;
  }

  /** Of a refusal: what the key was sealed to and what is measured now, and the lockout. */
  async reasons(refusal: SherinError): Promise<readonly string[]> {
    return [...(await sealReasons(this.#vault, refusal)), ...(await lockoutReasons(this.#vault, refusal))];
  }

  /** @throws SherinError TPM_MISSING, TPM_FAILED */
  nextBoot(): Promise<readonly NextBoot[]> {
    return nextBoot(this.#vault);
  }

  /**
   * Without one whoever may use the TPM has it forget wrong PINs (TPM2_DictionaryAttackLockReset).
   * @throws SherinError SLOT_REFUSED without a TPM slot; TPM_*
   */
  async hasLockoutPassword(): Promise<boolean> {
    return (await this.#vault.tpm.session().use((tpm) => tpm.info())).lockoutAuthSet;
  }
}
