/**
 * The slots of a header, tried until one gives the vault's key.
 *
 * `admit` is told of each key and answers with it; it throws where the header is not that key's.
 */
import { SherinError } from '../../common/errors.js';
import type { Keyring, Secret } from '../../native/index.js';
import { type Header, type TpmSlot, uuidBytes } from './header.js';
import { openPassphraseSlot } from './passphrase-slot.js';
import { openRecoverySlot } from './recovery-slot.js';
import type { TpmSession } from './tpm-session.js';
import { isWrongPin, openTpmSlot } from './tpm-slot.js';

export type Admit = (keyring: Keyring) => Keyring;

/**
 * A PIN is tried with one slot: each further one would cost an attempt that the TPM counts.
 * @throws SherinError PIN_NEEDED, SLOT_REFUSED, TPM_*, HEADER_FORGED
 */
export async function openTpmSlots(
  session: TpmSession,
  header: Header,
  slots: readonly TpmSlot[],
  pin: Secret | null,
  admit: Admit,
): Promise<Keyring> {
  let first: unknown = null;
  let wrong: SherinError | null = null;
  for (const slot of slots) {
    if (wrong !== null && slot.pin) continue;
    try {
      return admit(await openTpmSlot(session, uuidBytes(header), header, slot, pin));
    } catch (error) {
      first ??= error;
      if (slot.pin && isWrongPin(error)) wrong = error;
    }
  }
  const others = slots.filter((slot) => slot.pin).map(({ id }) => id);
  if (wrong === null || others.length < 2) throw first;
  const part = `${wrong.context.part}; it was tried with slot ${others[0]} alone: for another one name it with --slot (${others.slice(1).join(', ')})`;
  throw new SherinError('SLOT_REFUSED', { slot: 'TPM', part }, { cause: wrong });
}

/** Tries every recovery slot. @throws SherinError RECOVERY_KEY_WRONG, HEADER_FORGED */
export async function openRecoverySlots(header: Header, recovery: Secret, admit: Admit): Promise<Keyring> {
  const none = new SherinError('RECOVERY_KEY_WRONG', { part: 'the vault has no recovery slot' });
  const slots = header.slots.filter((slot) => slot.type === 'recovery');
  return admit(
    await firstOf(slots, none, (slot) => openRecoverySlot(uuidBytes(header), header, slot, recovery)),
  );
}

/** Tries every passphrase slot. @throws SherinError SLOT_REFUSED, HEADER_FORGED */
export async function openPassphraseSlots(header: Header, words: Secret, admit: Admit): Promise<Keyring> {
  const none = new SherinError('SLOT_REFUSED', { slot: 'passphrase', part: 'the vault has none' });
  const slots = header.slots.filter((slot) => slot.type === 'passphrase');
  return admit(
    await firstOf(slots, none, (slot) => openPassphraseSlot(uuidBytes(header), header, slot, words)),
  );
}

/** What the first slot gives that opens. @throws what the last one was refused with; `none` without a slot */
async function firstOf<Slot>(
  slots: readonly Slot[],
  none: SherinError,
  open: (slot: Slot) => Keyring | Promise<Keyring>,
): Promise<Keyring> {
  let refusal: unknown = none;
  for (const slot of slots) {
    try {
      return await open(slot);
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}
