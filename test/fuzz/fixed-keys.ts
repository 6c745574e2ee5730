/** Keys that are the same in each run: what was found under them is found again. Nothing else uses them. */
import { createCipheriv, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { Keyring, Secret } from '../../native/index.js';

/** PrivateKeyInfo of an Ed25519 key up to its seed (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKey = createPrivateKey({
  ...{ key: Buffer.concat([pkcs8Prefix, Buffer.alloc(32, 0x5a)]), format: 'der', type: 'pkcs8' },
});

export const uuid = Buffer.from('00112233445546778899aabbccddeeff', 'hex');
export const publicKey = Buffer.from(
  createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32),
);
export const vaultKey = { uuid, publicKey };

export function signed(message: Buffer): Buffer {
  return sign(null, message, privateKey);
}

export function fixedKeyring(): Keyring {
  const slotKey = Buffer.alloc(32, 1);
  const [nonce, aad] = [Buffer.alloc(12, 2), Buffer.from('fuzz')];
  const cipher = createCipheriv('aes-256-gcm', slotKey, nonce).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(Buffer.alloc(32, 3)), cipher.final()]);
  return Keyring.unwrap(uuid, Secret.take(Buffer.from(slotKey)), aad, {
    nonce,
    ciphertext,
    tag: cipher.getAuthTag(),
  });
}
