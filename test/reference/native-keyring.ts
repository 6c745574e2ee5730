/** The native keyring over a master key that the reference knows too. */
import { gcm } from '@noble/ciphers/aes.js';
import { Keyring, Secret, type Wrapped } from '../../native/index.js';
import type { Master } from './keys.js';

const aad = Buffer.from('any');

/** A keyring whose VMK is `master.vmk`: wrapped here, unwrapped there. */
export function nativeKeyring(master: Master): Keyring {
  const slotKey = Buffer.alloc(32, 0x77);
  const nonce = Buffer.alloc(12, 3);
  const sealed = Buffer.from(gcm(slotKey, nonce, aad).encrypt(master.vmk));
  const wrapped: Wrapped = { nonce, ciphertext: sealed.subarray(0, 32), tag: sealed.subarray(32) };
  return Keyring.unwrap(Buffer.from(master.uuid), Secret.take(slotKey), aad, wrapped);
}
