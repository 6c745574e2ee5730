/** A header after a rekey: the master key of epoch 1 carries over the keys of epoch 0 (FORMAT.md, "Key epochs"). Made by the reference. */
import { gcm } from '@noble/ciphers/aes.js';
import { headerFile } from '../reference/assemble.js';
import { bytesToHex as hex, join, toBase64 } from '../reference/bytes.js';
import { carriedAad, identityPurposes } from '../reference/carried.js';
import { encodeHeader } from '../reference/header.js';
import { type Json, type JsonObject, parseJcs, without } from '../reference/json.js';
import { type Master, type Purpose, subkey } from '../reference/keys.js';
import { recoverySlotKey, wrap } from '../reference/slots.js';

const ofContent: readonly Purpose[] = ['cube', 'manifest', 'journal'];

/** Keys of `before`, encrypted under what `next` derives. */
function carried(next: Master, what: string, epoch: number, keys: readonly Uint8Array[]): JsonObject {
  const nonce = new Uint8Array(12).fill(what === 'identity' ? 7 : 8);
  const aad = carriedAad(next.uuid, what, epoch);
  const sealed = gcm(subkey(next, 'carry'), nonce, aad).encrypt(join(...keys));
  return {
    nonce: toBase64(nonce),
    ciphertext: toBase64(sealed.slice(0, -16)),
    tag: toBase64(sealed.slice(-16)),
  };
}

/** @param before the master key of epoch 0 */
export function epochVectors(before: Master, recoveryKey: Uint8Array): Json {
  const next: Master = { vmk: new Uint8Array(32).map((_, i) => 0x40 + i), uuid: before.uuid };
  const keysOf = (purposes: readonly Purpose[]) => purposes.map((purpose) => subkey(before, purpose));
  const slot: JsonObject = { id: 1, type: 'recovery', salt: toBase64(new Uint8Array(32).fill(9)) };
  const slotKey = recoverySlotKey(slot, recoveryKey);
  const header: JsonObject = {
    ...without(parseJcs(headerFile({ master: before, recoveryKey, owned: false })), 'signature'),
    generation: 2,
    epoch: 1,
    keys: {
      identity: carried(next, 'identity', 1, keysOf(identityPurposes)),
      former: [{ epoch: 0, counters: [], wrapped: carried(next, 'former', 0, keysOf(ofContent)) }],
    },
    slots: [wrap(next.uuid, slot, slotKey, next.vmk, new Uint8Array(12).fill(6))],
  };
  return {
    vmk: hex(next.vmk),
    carryKey: hex(subkey(next, 'carry')),
    subkeys: Object.fromEntries(ofContent.map((purpose) => [purpose, hex(subkey(next, purpose))])),
    file: new TextDecoder().decode(encodeHeader(before, header)),
  };
}
