/** What the writers of the random kills write: bytes that say which step wrote them, and whether all of them are there. */
import { createHash } from 'node:crypto';
import { bytesOf } from './operations.js';

export const records = 64;

/** Of one step: its number, bytes that follow from it, and their hash. */
function marked(number: number, length: number): Buffer {
  const bytes = bytesOf(number, length);
  bytes.writeUInt32LE(number, 0);
  createHash('sha256')
    .update(bytes.subarray(0, length - 32))
    .digest()
    .copy(bytes, length - 32);
  return bytes;
}

/** The number of the step that wrote bytes, all of them; null: they are of no one step. */
export function stepOf(bytes: Buffer): number | null {
  if (bytes.length < 40) return null;
  const number = bytes.readUInt32LE(0);
  return marked(number, bytes.length).equals(bytes) ? number : null;
}

export function replacedBytes(number: number): Buffer {
  return marked(number, 20_000 + ((number * 7_919) % 200_000));
}

export function pieceOf(number: number): Buffer {
  return marked(number, 1_001);
}

export function recordBytes(number: number): Buffer {
  return marked(number, 5_000);
}

/** A block of the kernel's: rewritten and synced again and again, its file is lent to the addon. */
export function blockOf(number: number): Buffer {
  return marked(number, 4_096);
}
