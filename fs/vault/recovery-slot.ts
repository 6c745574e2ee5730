/** The recovery slot: VMK under a key that is written down once. */
import { randomBytes } from 'node:crypto';
import { SherinError, systemCode } from '../../common/errors.js';
import { Keyring, type Secret } from '../../native/index.js';
import { carriedKeys, type Epochs } from './carried-keys.js';
import type { RecoverySlot } from './header.js';
import { slotAad, slotKey, wrappedBytes, wrappedText } from './slot-key.js';

/** `recovery` has 32 bytes. */
export function makeRecoverySlot(uuid: Buffer, id: number, keyring: Keyring, recovery: Secret): RecoverySlot {
  const salt = randomBytes(32);
  const parameters = {
    id,
    type: 'recovery',
    created: new Date().toISOString(),
    salt: salt.toString('base64'),
  } as const;
  const key = slotKey([recovery], salt, 'recovery');
  try {
    return { ...parameters, wrapped: wrappedText(keyring.wrap(key, slotAad(uuid, parameters))) };
  } finally {
    key.wipe();
  }
}

/** @throws SherinError RECOVERY_KEY_WRONG */
export function openRecoverySlot(
  uuid: Buffer,
  epochs: Epochs,
  slot: RecoverySlot,
  recovery: Secret,
): Keyring {
  const key = slotKey([recovery], Buffer.from(slot.salt, 'base64'), 'recovery');
  try {
    return Keyring.unwrap(uuid, key, slotAad(uuid, slot), wrappedBytes(slot.wrapped), carriedKeys(epochs));
  } catch (error) {
    if (systemCode(error) !== 'ETAG') throw error;
    throw new SherinError(
      'RECOVERY_KEY_WRONG',
      { part: 'it does not open the recovery slot' },
      { cause: error },
    );
  } finally {
    key.wipe();
  }
}
