/** What a master key carries over from those before it (FORMAT.md, "Key epochs"). */
import { gcm } from '@noble/ciphers/aes.js';
import { fromBase64, join, u32 } from './bytes.js';
import {
  asList,
  asObject,
  asText,
  asWhole,
  hasMembers,
  type Json,
  type JsonObject,
  without,
} from './json.js';
import { type FormerKeys, type Master, type Purpose, subkey } from './keys.js';
import { must, Refused } from './refused.js';
import { checkNvIndex } from './slot-shape.js';

/** What no rekey changes, in the order in which it is carried. */
export const identityPurposes: readonly Purpose[] = ['cube-id', 'object-id', 'audit', 'token', 'nv', 'sign'];

export interface Carried {
  readonly identity: JsonObject;
  readonly former: readonly { readonly epoch: number; readonly wrapped: JsonObject }[];
}

function checkWrapped(value: Json | undefined, keys: number): JsonObject {
  const wrapped = asObject(value, 'wrapped');
  hasMembers(wrapped, ['nonce', 'ciphertext', 'tag'], 'wrapped');
  fromBase64(asText(wrapped.nonce, 'nonce'), 12);
  fromBase64(asText(wrapped.ciphertext, 'ciphertext'), 32 * keys);
  fromBase64(asText(wrapped.tag, 'tag'), 16);
  return wrapped;
}

/** The shape of the header's `keys`. @throws Refused malformed */
export function parseCarried(value: Json | undefined, epoch: number): Carried {
  const keys = asObject(value, 'keys');
  hasMembers(keys, ['identity', 'former'], 'keys');
  const list = asList(keys.former, 'former');
  must(list.length <= 8, 'at most 8 former epochs');
  let least = 0;
  const former = list.map((each) => {
    const object = asObject(each, 'former');
    hasMembers(object, ['epoch', 'counters', 'wrapped'], 'former');
    const counters = asList(object.counters, 'counters');
    must(counters.length <= 16, 'at most 16 counters');
    for (const counter of counters) {
      const object = asObject(counter, 'counter');
      checkNvIndex(without(object, 'primaryName'));
      checkNvIndex({ handle: object.handle ?? null, name: object.primaryName ?? null });
    }
    const before = asWhole(object.epoch, 'epoch', least, epoch - 1);
    least = before + 1;
    return { epoch: before, wrapped: checkWrapped(object.wrapped, 3) };
  });
  return { identity: checkWrapped(keys.identity, 6), former };
}

/** @param what `identity` or `former` */
export function carriedAad(uuid: Uint8Array, what: string, epoch: number): Uint8Array {
  return join(uuid, what, Uint8Array.of(0), u32(epoch));
}

function opened(master: Master, what: string, epoch: number, wrapped: JsonObject): Uint8Array[] {
  const [nonce, ciphertext, tag] = [wrapped.nonce, wrapped.ciphertext, wrapped.tag].map((text) =>
    Uint8Array.from(Buffer.from(asText(text, what), 'base64')),
  );
  must(nonce !== undefined && ciphertext !== undefined && tag !== undefined, what);
  let keys: Uint8Array;
  try {
    keys = gcm(subkey(master, 'carry'), nonce, carriedAad(master.uuid, what, epoch)).decrypt(
      join(ciphertext, tag),
    );
  } catch {
    throw new Refused('key', `the master key does not open what it carries (${what} ${epoch})`);
  }
  return Array.from({ length: keys.length / 32 }, (_, i) => keys.slice(32 * i, 32 * i + 32));
}

/** The master key with all that it carries over. @throws Refused key */
export function withCarried(
  vmk: Uint8Array,
  uuid: Uint8Array,
  epoch: number,
  carried: Carried | null,
): Master {
  const master = { vmk, uuid, epoch };
  if (carried === null) return master;
  const identity = opened(master, 'identity', epoch, carried.identity);
  const former = carried.former.map((each): FormerKeys => {
    const [cube, manifest, journal] = opened(master, 'former', each.epoch, each.wrapped);
    must(cube !== undefined && manifest !== undefined && journal !== undefined, 'former');
    return { epoch: each.epoch, cube, manifest, journal };
  });
  return {
    ...master,
    identity: new Map(identityPurposes.map((purpose, i) => [purpose, identity[i] ?? vmk])),
    former,
  };
}
