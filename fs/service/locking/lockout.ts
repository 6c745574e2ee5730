/** The TPM's lockout in words: wrong PINs that it counts, attempts left, and when it forgets them (TPM 2.0 Part 1, 19.8). */
import { type ErrorCode, SherinError } from '../../../common/errors.js';
import type { TpmInfo } from '../../../native/index.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { tpmSlotOf } from '../../vault/tpm-slots.js';

/** Refusals in which the TPM had a say. */
const refusals: ReadonlySet<ErrorCode> = new Set(['SLOT_REFUSED', 'PIN_NEEDED', 'TPM_POLICY', 'TPM_LOCKOUT']);

/** Asks the TPM behind a refusal; nothing where it has no part in it or does not answer. */
export async function lockoutReasons(vault: LockedVault, { code }: SherinError): Promise<readonly string[]> {
  if (!refusals.has(code) || tpmSlotOf(vault.header) === null) return [];
  try {
    return lockoutWords(await vault.tpm.session().use((tpm) => tpm.info()), code);
  } catch (error) {
    // the refusal itself is what was asked for
    if (error instanceof SherinError) return [];
    throw error;
  }
}

/**
 * Sentences from the properties LOCKOUT_COUNTER, MAX_AUTH_FAIL, LOCKOUT_INTERVAL and LOCKOUT_RECOVERY.
 * @param refusal what was refused before, which may hold no more
 */
export function lockoutWords(facts: TpmInfo, refusal: ErrorCode): readonly string[] {
  const healed = refusal === 'TPM_LOCKOUT' && left(facts) > 0;
  return healed
    ? ['since then it has healed: a PIN is taken again', ...counterWords(facts)]
    : counterWords(facts);
}

function counterWords(facts: TpmInfo): readonly string[] {
  const { lockoutCounter: counted, maxAuthFail: most, lockoutInterval: each, lockoutRecovery } = facts;
  const counts = `the TPM counts ${counted} of ${most} wrong attempts; attempts left: ${left(facts)}`;
  if (each === 0) return [counts, 'it forgets none of them by itself and refuses none either'];
  if (counted === 0 && !facts.inLockout) return [counts];
  const forgets = `it forgets one every ${seconds(each)} while it has power, and all of them within ${seconds(counted * each)}`;
  const next = `a PIN is taken again within ${seconds(Math.max(1, counted - most + 1) * each)}`;
  const owner = `its owner can end the lockout at once: tpm2_dictionarylockout --clear-lockout (a wrong lockout password there is refused for ${seconds(lockoutRecovery)})`;
  return left(facts) === 0 ? [counts, next, forgets, owner] : [counts, forgets];
}

function left({ inLockout, maxAuthFail, lockoutCounter }: TpmInfo): number {
  return inLockout ? 0 : Math.max(0, maxAuthFail - lockoutCounter);
}

function seconds(total: number): string {
  if (total < 120) return `${total} s`;
  return total < 7200 ? `${Math.ceil(total / 60)} min` : `${Math.ceil(total / 3600)} h`;
}
