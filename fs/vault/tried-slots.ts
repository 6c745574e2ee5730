/** New key slots, each opened once with what it was made from, before a header names it. */
import { SherinError } from '../../common/errors.js';
import type { Keyring, Secret } from '../../native/index.js';
import type { Epochs } from './carried-keys.js';
import type { PassphraseSlot, RecoverySlot, TpmSlot } from './header.js';
import { makePassphraseSlot, openPassphraseSlot } from './passphrase-slot.js';
import { makeRecoverySlot, openRecoverySlot } from './recovery-slot.js';
import type { TpmSession } from './tpm-session.js';
import { makeTpmSlot, openTpmSlot, type TpmSlotOptions } from './tpm-slot.js';

/** What a slot is made for: a master key, and what the header that will name the slot has of earlier ones. */
export interface Wrapping {
  readonly uuid: Buffer;
  readonly keyring: Keyring;
  readonly epochs: Epochs;
}

/** What opened is this vault's key, or the slot is never written. @throws SherinError SLOT_REFUSED */
export function requireSame(keyring: Keyring, opened: Keyring): void {
  try {
    if (!opened.publicKey().equals(keyring.publicKey()) || opened.epoch !== keyring.epoch)
      throw new SherinError('SLOT_REFUSED', { slot: 'new', part: 'it does not open the vault' });
  } finally {
    opened.wipe();
  }
}

/** A slot for a recovery key of 32 bytes. @throws SherinError SLOT_REFUSED */
export function recoverySlot({ uuid, keyring, epochs }: Wrapping, id: number, key: Secret): RecoverySlot {
  const slot = makeRecoverySlot(uuid, id, keyring, key);
  requireSame(keyring, openRecoverySlot(uuid, epochs, slot, key));
  return slot;
}

/** A slot for a passphrase. @throws SherinError SLOT_REFUSED */
export async function passphraseSlot(
  { uuid, keyring, epochs }: Wrapping,
  id: number,
  words: Secret,
): Promise<PassphraseSlot> {
  const slot = await makePassphraseSlot(uuid, id, keyring, words);
  requireSame(keyring, await openPassphraseSlot(uuid, epochs, slot, words));
  return slot;
}

/** @throws SherinError TPM_*, SLOT_REFUSED */
export async function tpmSlot(
  { uuid, keyring, epochs }: Wrapping,
  session: TpmSession,
  seal: Omit<TpmSlotOptions, 'uuid' | 'keyring'>,
): Promise<TpmSlot> {
  const slot = await makeTpmSlot(session, { ...seal, uuid, keyring });
  requireSame(keyring, await openTpmSlot(session, uuid, epochs, slot, seal.pin));
  return slot;
}
