/** Key slots that need no TPM: recovery key and passphrase (FORMAT.md, "Key slots"). */
import { gcm } from '@noble/ciphers/aes.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { fromBase64, join, toBase64 } from './bytes.js';
import { asObject, asText, asWhole, hasMembers, type JsonObject, jcs, without } from './json.js';
import { derive } from './keys.js';
import { must, Refused } from './refused.js';

function aad(uuid: Uint8Array, slot: JsonObject): Uint8Array {
  return join(uuid, asText(slot.type, 'type'), Uint8Array.of(0), jcs(without(slot, 'wrapped')));
}

function unwrap(uuid: Uint8Array, slot: JsonObject, key: Uint8Array): Uint8Array {
  const wrapped = asObject(slot.wrapped, 'wrapped');
  hasMembers(wrapped, ['nonce', 'ciphertext', 'tag'], 'wrapped');
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
  const kdf = asObject(slot.kdf, 'kdf');
  hasMembers(kdf, ['n', 'r', 'p'], 'kdf');
  const n = asWhole(kdf.n, 'n', 2, 2 ** 20);
  const r = asWhole(kdf.r, 'r', 1, 32);
  const p = asWhole(kdf.p, 'p', 1, 16);
  must(Number.isInteger(Math.log2(n)), 'n is not a power of two');
  must(128 * n * r <= 256 * 2 ** 20, 'scrypt wants more than 256 MiB');
  return scrypt(password, saltOf(slot), { N: n, r, p, dkLen: 32, maxmem: 2 ** 30 });
}

export function passphraseSlotKey(slot: JsonObject, passphrase: Uint8Array): Uint8Array {
  return derive(stretch(slot, passphrase), saltOf(slot), 'sherin/v1/slot-passphrase');
}

/** Vault master key out of a recovery slot. @throws Refused key, malformed */
export function openRecoverySlot(uuid: Uint8Array, slot: JsonObject, recoveryKey: Uint8Array): Uint8Array {
  hasMembers(slot, ['id', 'type', 'salt', 'wrapped'], 'recovery slot');
  return unwrap(uuid, slot, recoverySlotKey(slot, recoveryKey));
}

/** Vault master key out of a passphrase slot. @throws Refused key, malformed */
export function openPassphraseSlot(uuid: Uint8Array, slot: JsonObject, passphrase: Uint8Array): Uint8Array {
  hasMembers(slot, ['id', 'type', 'salt', 'kdf', 'wrapped'], 'passphrase slot');
  return unwrap(uuid, slot, passphraseSlotKey(slot, passphrase));
}
