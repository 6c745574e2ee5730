/** The vault header (FORMAT.md, "Header"): everything in it is hostile until `openHeader` has returned. */
import { sha256 } from '@noble/hashes/sha2.js';
import { fromBase64, join, toBase64, u64 } from './bytes.js';
import { type Carried, parseCarried, withCarried } from './carried.js';
import {
  asBoolean,
  asList,
  asObject,
  asText,
  asWhole,
  hasMembers,
  type JsonObject,
  jcs,
  parseJcs,
  without,
} from './json.js';
import { type Master, owns, parseUuid, sign, verify } from './keys.js';
import { must, Refused } from './refused.js';
import { checkNvIndex, checkSlot, checkTime, guessBytes } from './slot-shape.js';
import { openPassphraseSlot, openRecoverySlot } from './slots.js';

export interface Header {
  readonly uuid: Uint8Array;
  readonly generation: number;
  readonly epoch: number;
  /** Null in epoch 0. */
  readonly carried: Carried | null;
  readonly owned: boolean;
  readonly publicKey: Uint8Array;
  readonly slots: readonly JsonObject[];
  /** SHA-256 of the JCS form without `signature`. */
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

const members =
  'format suite uuid generation created epoch pad owned publicKey counter slots signature'.split(' ');

/** Checks the shape only. @throws Refused malformed */
export function parseHeader(bytes: Uint8Array): Header {
  must(bytes.length <= 65536, 'the header is longer than 64 KiB');
  const object = parseJcs(bytes);
  hasMembers(object, 'keys' in object ? [...members, 'keys'] : members, 'the header');
  must(object.format === 1 && object.suite === 1, 'another format or suite');
  must(['4k', 'vertex', 'cube'].includes(asText(object.pad, 'pad')), 'pad');
  checkTime(object.created);
  if (object.counter !== null) checkNvIndex(object.counter);
  const slots = asList(object.slots, 'slots').map((slot) => asObject(slot, 'slot'));
  must(slots.length >= 1 && slots.length <= 16, 'between 1 and 16 slots');
  for (const slot of slots) checkSlot(slot);
  const cost = slots.reduce((sum, slot) => sum + guessBytes(slot), 0);
  must(cost <= 4 * 2 ** 30, 'scrypt goes through more than 4 GiB');
  const ids = slots.map((slot) => slot.id);
  must(new Set(ids).size === ids.length, 'two slots have one id');
  const epoch = asWhole(object.epoch, 'epoch', 0, 65535);
  must('keys' in object === epoch > 0, 'keys are carried from epoch 1 on');
  return {
    uuid: parseUuid(asText(object.uuid, 'uuid')),
    generation: asWhole(object.generation, 'generation', 1, Number.MAX_SAFE_INTEGER),
    epoch,
    carried: epoch === 0 ? null : parseCarried(object.keys, epoch),
    owned: asBoolean(object.owned, 'owned'),
    publicKey: fromBase64(asText(object.publicKey, 'publicKey'), 32),
    slots,
    hash: sha256(join(jcs(without(object, 'signature')))),
    signature: fromBase64(asText(object.signature, 'signature'), 64),
  };
}

const layout = (generation: number, hash: Uint8Array): Uint8Array => join(u64(generation), hash);

/** The signed bytes of `vault.json` from all members but the signature. */
export function encodeHeader(master: Master, unsigned: JsonObject): Uint8Array {
  const hash = sha256(join(jcs(unsigned)));
  const signature = sign(
    master,
    'header',
    layout(asWhole(unsigned.generation, 'generation', 1, 2 ** 53 - 1), hash),
  );
  return join(jcs({ ...unsigned, signature: toBase64(signature) }));
}

export type Unlock = { readonly recoveryKey: Uint8Array } | { readonly passphrase: Uint8Array };

/** The master key out of the first slot that opens, its public key and the header's signature checked. @throws Refused */
export function openHeader(header: Header, unlock: Unlock): Master {
  const [type, open] =
    'recoveryKey' in unlock
      ? (['recovery', (slot: JsonObject) => openRecoverySlot(header.uuid, slot, unlock.recoveryKey)] as const)
      : ([
          'passphrase',
          (slot: JsonObject) => openPassphraseSlot(header.uuid, slot, unlock.passphrase),
        ] as const);
  let refusal = new Refused('key', `the header has no ${type} slot`);
  for (const slot of header.slots.filter((candidate) => candidate.type === type)) {
    try {
      const master = withCarried(open(slot), header.uuid, header.epoch, header.carried);
      if (!owns(master, header.publicKey))
        throw new Refused('signature', 'the public key is another vault’s');
      verify(
        header.publicKey,
        header.uuid,
        'header',
        layout(header.generation, header.hash),
        header.signature,
      );
      return master;
    } catch (error) {
      if (!(error instanceof Refused) || error.fault !== 'key') throw error;
      refusal = error;
    }
  }
  throw refusal;
}
