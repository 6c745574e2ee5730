/** The NV counter under which a TPM slot is sealed: raised, it retires the slot (FORMAT.md, "Changing key slots"). */
import { SherinError, systemCode } from '../../common/errors.js';
import type { Tpm } from '../../native/index.js';
import type { TpmSlot } from './header.js';
import { indexOf, undefine } from './nv-index.js';
import type { TpmSession } from './tpm-session.js';

/** What names it: its index, and the TPM that it is in. */
export type SlotCounter = Pick<TpmSlot, 'slotCounter' | 'primaryName'>;

/** Raises a slot's counter: the slot opens nothing any more, in old copies of the header neither. @throws SherinError TPM_*; TPM_PRIMARY_CHANGED where this is not the TPM that sealed it */
export async function retire(session: TpmSession, slot: SlotCounter): Promise<void> {
  await session.use(async (tpm) => {
    await requireSealer(tpm, slot);
    try {
      await tpm.counterIncrement(indexOf(slot.slotCounter), null);
    } catch (error) {
      // A slot whose counter is gone opens nothing either: a TPM never counts a value twice.
      const code = systemCode(error);
      if (code !== 'ENVGONE' && code !== 'ENVNAME') throw error;
    }
  });
}

/** What another TPM holds, or lacks, says nothing of a slot. @throws SherinError TPM_PRIMARY_CHANGED */
async function requireSealer(tpm: Tpm, { primaryName }: SlotCounter): Promise<void> {
  if ((await tpm.primaryName()).toString('hex') !== primaryName) throw new SherinError('TPM_PRIMARY_CHANGED');
}

/** Whether a slot can't be retired as its TPM is not the one that answers, or none does. */
export function isOfOtherTpm(error: unknown): boolean {
  return error instanceof SherinError && ['TPM_MISSING', 'TPM_PRIMARY_CHANGED'].includes(error.code);
}

/** As {@link retire} would find it, before anything is made that takes the place of the slot. @throws SherinError TPM_* */
export async function requireRetirable(session: TpmSession, slot: TpmSlot): Promise<void> {
  await session.use((tpm) => requireSealer(tpm, slot));
}

/** Gives a retired slot's counter back to the TPM, which has room for few. */
export async function release(session: TpmSession, slot: SlotCounter): Promise<void> {
  await undefine(session, indexOf(slot.slotCounter));
}
