/** What `why` tells of a key that the TPM does not release: the events behind it, and what to do once the vault is open. */
import { SherinError } from '../../../common/errors.js';
import type { TpmSlot } from '../../vault/header.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { pcrChanges } from '../../vault/policy-refusal.js';
import { tpmSlotsOf } from '../../vault/tpm-slots.js';
import { pcrReasons } from './pcr-reasons.js';

/** Nothing where PCRs have no part in the refusal, or the TPM does not answer. */
export async function sealReasons(vault: LockedVault, { code }: SherinError): Promise<readonly string[]> {
  if (code !== 'TPM_POLICY') return [];
  const slots = tpmSlotsOf(vault.header);
  const reasons: string[] = [];
  try {
    for (const slot of slots) reasons.push(...(await slotReasons(vault, slot, slots.length > 1)));
  } catch (error) {
    // the refusal itself is what was asked for
    if (!(error instanceof SherinError)) throw error;
  }
  return reasons;
}

async function slotReasons(vault: LockedVault, slot: TpmSlot, several: boolean): Promise<readonly string[]> {
  const changes = await vault.tpm.session().use((tpm) => pcrChanges(tpm, slot));
  if (changes.length === 0) return [];
  const [sealing, boot] = [await vault.sealingLog(slot), await vault.bootLog(slot)];
  const reasons = pcrReasons({ slot, changes, sealing, boot });
  const named = several ? reasons.map((reason) => `slot ${slot.id}: ${reason}`) : reasons;
  return [
    ...named,
    `if the change is yours, seal to it once the vault is open: sherinctl key reseal ${slot.id}`,
  ];
}
