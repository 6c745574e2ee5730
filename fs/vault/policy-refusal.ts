/** Why a TPM slot's policy is not met: which PCR changed, from what to what. */
import type { Tpm } from '../../native/index.js';
import type { TpmSlot } from './header.js';

/** A PCR that is not what a slot was sealed to. */
export interface PcrChange {
  readonly pcr: number;
  /** Hex, at sealing and now. */
  readonly was: string;
  readonly is: string;
}

/** PCRs of the slot that have another value now, in the order of the slot. @throws NativeError of the TPM */
export async function pcrChanges(tpm: Tpm, slot: TpmSlot): Promise<readonly PcrChange[]> {
  const now = await tpm.pcrRead(slot.bank, slot.pcrs);
  return slot.pcrs
    .map((pcr) => ({ pcr, was: slot.pcrValues[pcr] ?? '', is: now.get(pcr)?.toString('hex') ?? 'not there' }))
    .filter(({ was, is }) => was !== is);
}

/** A sentence for people. */
export async function explainPolicy(tpm: Tpm, slot: TpmSlot): Promise<string> {
  const changes = await pcrChanges(tpm, slot);
  if (changes.length === 0)
    return 'its policy is not met, though the PCRs are those of sealing: the slot was altered or removed';
  return changes.map(({ pcr, was, is }) => `PCR ${pcr} was ${was}, is ${is}`).join('; ');
}
