/** Which slots of a header a TPM seals. */
import { SherinError } from '../../common/errors.js';
import type { Header, TpmSlot } from './header.js';

/** The first of {@link tpmSlotsOf}, whose TPM holds the rollback counter too; null: there is none. */
export function tpmSlotOf(header: Header): TpmSlot | null {
  return tpmSlotsOf(header)[0] ?? null;
}

/** In the order of the header. */
export function tpmSlotsOf(header: Header): readonly TpmSlot[] {
  return header.slots.filter((slot) => slot.type === 'tpm2');
}

/** Why the TPM can not be asked without a person; null: it can. */
export function whyUnaskable(header: Header): SherinError | null {
  const slots = tpmSlotsOf(header);
  if (slots.some(({ pin }) => !pin)) return null;
  const part = slots.length === 0 ? 'the vault has no TPM slot' : 'nobody could give the PIN at each open';
  return new SherinError('NAMESPACE_TPM', { part });
}
