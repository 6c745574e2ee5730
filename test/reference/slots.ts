/** Key slots that need no TPM: recovery key and passphrase (FORMAT.md, "Key slots"). */
import { gcm } from '@noble/ciphers/aes.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { fromBase64, join, toBase64 } from './bytes.js';
import { asObject, asText, type JsonObject, jcs, without } from './json.js';
import { derive } from './keys.js';
import { must, Refused } from './refused.js';
import { checkCost, checkSlot } from './slot-shape.js';

function aad(uuid: Uint8Array, slot: JsonObject): Uint8Array {
  return join(uuid, asText(slot.type, 'type'), Uint8Array.of(0), jcs(without(slot, 'wrapped')));
}

function unwrap(uuid: Uint8Array, slot: JsonObject, key: Uint8Array): Uint8Array {
  const wrapped = asObject(slot.wrapped, 'wrapped');
  const nonce = fromBase64(asText(wrapped.nonce, 'nonce'), 12);
  const ciphertext = fromBase64(asText(wrapped.ciphertext, 'ciphertext'), 32);
  const tag = fromBase64(asText(wrapped.tag, 'tag'), 16);
  try {
    return gcm(key, nonce, aad(uuid, slot)).decrypt(join(ciphertext, tag));
  } catch {
    throw new Refused('key', `the ${asText(slot.type, 'type')} slot does not open with it`);
  }
}

/** Adds `wrapped` to a slot's parameters. */
export function wrap(
  uuid: Uint8Array,
  slot: JsonObject,
  key: Uint8Array,
  vmk: Uint8Array,
  nonce: Uint8Array,
): JsonObject {
  const sealed = gcm(key, nonce, aad(uuid, slot)).encrypt(vmk);
  const wrapped = {
    nonce: toBase64(nonce),
    ciphertext: toBase64(sealed.slice(0, 32)),
    tag: toBase64(sealed.slice(32)),
  };
  return { ...slot, wrapped };
}

function saltOf(slot: JsonObject): Uint8Array {
  return fromBase64(asText(slot.salt, 'salt'), 32);
}

export function recoverySlotKey(slot: JsonObject, recoveryKey: Uint8Array): Uint8Array {
  return derive(recoveryKey, saltOf(slot), 'sherin/v1/slot-recovery');
}

/** @throws Refused malformed for costs out of bounds */
export function stretch(slot: JsonObject, password: Uint8Array): Uint8Array {
  checkCost(slot.kdf);
  const kdf = asObject(slot.kdf, 'kdf');
  const [N, r, p] = [kdf.n, kdf.r, kdf.p].map(Number);
  must(N !== undefined && r !== undefined && p !== undefined, 'kdf');
  return scrypt(password, saltOf(slot), { N, r, p, dkLen: 32, maxmem: 2 ** 30 });
}

export function passphraseSlotKey(slot: JsonObject, passphrase: Uint8Array): Uint8Array {
  return derive(stretch(slot, passphrase), saltOf(slot), 'sherin/v1/slot-passphrase');
}

/** Vault master key out of a recovery slot. @throws Refused key, malformed */
export function openRecoverySlot(uuid: Uint8Array, slot: JsonObject, recoveryKey: Uint8Array): Uint8Array {
  checkSlot(slot);
  return unwrap(uuid, slot, recoverySlotKey(slot, recoveryKey));
}

/** Vault master key out of a passphrase slot. @throws Refused key, malformed */
export function openPassphraseSlot(uuid: Uint8Array, slot: JsonObject, passphrase: Uint8Array): Uint8Array {
  checkSlot(slot);
  return unwrap(uuid, slot, passphraseSlotKey(slot, passphrase));
}
