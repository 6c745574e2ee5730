/** The native keyring over a master key that the reference knows too. */
import { gcm } from '@noble/ciphers/aes.js';
import { Keyring, Secret, type Wrapped } from '../../native/index.js';
import { join } from './bytes.js';
import { carriedAad, identityPurposes } from './carried.js';
import { type Master, subkey } from './keys.js';

const aad = Buffer.from('any');

function wrappedBy(key: Uint8Array, aad: Uint8Array, plain: Uint8Array): Wrapped {
  const nonce = Buffer.alloc(12, 3);
  const sealed = Buffer.from(gcm(key, nonce, aad).encrypt(plain));
  return { nonce, ciphertext: sealed.subarray(0, -16), tag: sealed.subarray(-16) };
}

/** A keyring whose VMK is `master.vmk`: wrapped here, unwrapped there. In whatever epoch, its identity comes from that key. */
export function nativeKeyring(master: Master, epoch = 0): Keyring {
  const slotKey = Buffer.alloc(32, 0x77);
  const wrapped = wrappedBy(slotKey, aad, master.vmk);
  const keys = join(...identityPurposes.map((purpose) => subkey(master, purpose)));
  const identity =
    epoch === 0 ? null : wrappedBy(subkey(master, 'carry'), carriedAad(master.uuid, 'identity', epoch), keys);
  const carried = { epoch, identity, former: [] };
  return Keyring.unwrap(Buffer.from(master.uuid), Secret.take(slotKey), aad, wrapped, carried);
}
