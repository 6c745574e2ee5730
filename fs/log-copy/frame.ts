/** Frames and entries of a segment (FORMAT.md, "Copy of the log"). */
import { signedMessage } from '../../common/signature.js';
import type { Keyring } from '../../native/index.js';
import { layoutBytes } from '../manifest/head.js';
import type { SegmentHead } from './segment-head.js';

/** Bytes of plaintext that a frame has at most. */
export const frameLimit = 1024 * 1024;
/** Length before each frame; 0, and a signature behind it, ends a group. */
export const lengthBytes = 4;
/** AES-256-GCM. */
export const tagBytes = 16;
/** Ed25519. */
export const signatureBytes = 64;
/** Type and length before each entry. */
export const entryHeadBytes = 5;
/** More than any record or index node has. */
export const entryLimit = 64 * 1024 * 1024;

/** A tree head with its signature, as the only entry of the last frame of a group. */
export const headEntryBytes = entryHeadBytes + layoutBytes + signatureBytes;
/** More groups than a segment gets before it is full. */
export const mostGroups = 2 ** 18;

export const entryTypes = { record: 1, node: 2, head: 3 } as const;

/** What a frame of `length` bytes authenticates beside them. */
function aad(head: SegmentHead, length: number): Buffer {
  const size = Buffer.alloc(lengthBytes);
  size.writeUInt32LE(length);
  return Buffer.concat([head.bytes, size]);
}

/** A frame as it is stored: its length, ciphertext, tag. */
export function sealFrame(keyring: Keyring, head: SegmentHead, index: number, plain: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(lengthBytes + plain.length + tagBytes);
  sealed.writeUInt32LE(plain.length);
  const place = { salt: head.salt, segment: head.number, index };
  keyring.sealFrame(place, aad(head, plain.length), plain, sealed.subarray(lengthBytes));
  return sealed;
}

/** @param sealed behind its length. @returns null where it does not authenticate */
export function openFrame(keyring: Keyring, head: SegmentHead, index: number, sealed: Buffer): Buffer | null {
  const plain = Buffer.alloc(sealed.length - tagBytes);
  const place = { salt: head.salt, segment: head.number, index };
  return keyring.openFrame(place, aad(head, plain.length), sealed, plain) ? plain : null;
}

/** What the end of a group signs: every byte of the segment before it. */
export function groupMessage(uuid: Buffer, digest: Buffer): Buffer {
  return signedMessage('log-copy', uuid, digest);
}
