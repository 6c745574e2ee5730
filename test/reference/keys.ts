/** The key tree of FORMAT.md, "Keys", and the signatures under it. */
import * as ed from '@noble/ed25519';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { equalBytes, join, u32 } from './bytes.js';
import { must, Refused } from './refused.js';

ed.hashes.sha512 = sha512;

/** HKDF-SHA256 of RFC 5869 with 32 bytes of output. */
export function derive(key: Uint8Array, salt: Uint8Array, info: Uint8Array | string): Uint8Array {
  return hkdf(sha256, key, salt, join(info), 32);
}

export const mac = (key: Uint8Array, data: Uint8Array): Uint8Array => hmac(sha256, key, data);

export type Purpose =
  | 'cube'
  | 'cube-id'
  | 'object-id'
  | 'manifest'
  | 'audit'
  | 'token'
  | 'nv'
  | 'sign'
  | 'journal';

/** What a vault's keys come from. */
export interface Master {
  /** Vault master key, 32 bytes. */
  readonly vmk: Uint8Array;
  /** 16 raw bytes. */
  readonly uuid: Uint8Array;
  /** Of the master key; undefined: whichever a cube says. */
  readonly epoch?: number;
  /** Keys that it carries over (FORMAT.md, "Key epochs"). */
  readonly identity?: ReadonlyMap<Purpose, Uint8Array>;
  readonly former?: readonly FormerKeys[];
}

export interface FormerKeys {
  readonly epoch: number;
  readonly cube: Uint8Array;
  readonly manifest: Uint8Array;
  readonly journal: Uint8Array;
}

export function subkey(master: Master, purpose: Purpose | 'carry'): Uint8Array {
  const carried = purpose === 'carry' ? undefined : master.identity?.get(purpose);
  return carried ?? derive(master.vmk, master.uuid, `sherin/v1/${purpose}`);
}

/** @throws Refused sealed: there is no key of this epoch */
export function cubeKey(master: Master, salt: Uint8Array, id: Uint8Array, epoch: number): Uint8Array {
  const secret =
    epoch === (master.epoch ?? epoch)
      ? subkey(master, 'cube')
      : master.former?.find((former) => former.epoch === epoch)?.cube;
  if (secret === undefined) throw new Refused('sealed', `there is no key of epoch ${epoch}`);
  return derive(secret, salt, join('vertex', id, u32(epoch)));
}

/** K_manifest of each epoch, that of the master key first. */
export function manifestKeys(master: Master): readonly Uint8Array[] {
  return [subkey(master, 'manifest'), ...(master.former ?? []).map(({ manifest }) => manifest)];
}

/** K_journal of each epoch, that of the master key first. */
export function journalKeys(master: Master): readonly Uint8Array[] {
  return [subkey(master, 'journal'), ...(master.former ?? []).map(({ journal }) => journal)];
}

export type Kind =
  | 'header'
  | 'cube'
  | 'manifest-head'
  | 'audit-head'
  | 'audit-archive'
  | 'event-log'
  | 'log-copy'
  | 'export'
  | 'attest';

function signed(kind: Kind, uuid: Uint8Array, layout: Uint8Array): Uint8Array {
  return join(`sherin/v1/${kind}`, Uint8Array.of(0), uuid, layout);
}

export function publicKey(master: Master): Uint8Array {
  return ed.getPublicKey(subkey(master, 'sign'));
}

export function sign(master: Master, kind: Kind, layout: Uint8Array): Uint8Array {
  return ed.sign(signed(kind, master.uuid, layout), subkey(master, 'sign'));
}

/** @throws Refused signature */
export function verify(
  key: Uint8Array,
  uuid: Uint8Array,
  kind: Kind,
  layout: Uint8Array,
  signature: Uint8Array,
): void {
  let good = false;
  try {
    good = ed.verify(signature, signed(kind, uuid, layout), key, { zip215: false });
  } catch {
    good = false;
  }
  if (!good) throw new Refused('signature', kind);
}

const uuidText = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/;

/** @throws Refused malformed */
export function parseUuid(text: string): Uint8Array {
  must(uuidText.test(text), 'uuid');
  const digits = text.replaceAll('-', '').match(/../g) ?? [];
  return Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
}

/** True when the key is the one this public key belongs to. */
export function owns(master: Master, key: Uint8Array): boolean {
  return equalBytes(publicKey(master), key);
}
