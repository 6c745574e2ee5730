/**
 * The name of a journal's time, which tree heads sign: segments of another are of no account. Each opening of a vault begins one; an epoch
 * that begins while an earlier journal is still needed names the end of that as well.
 */
import { createHash, randomBytes } from 'node:crypto';

export const epochBytes = 8;
/** What heads say that were signed before any epoch began. */
export const noEpoch = Buffer.alloc(epochBytes);

const randomPart = 4;

/** Where a journal ends: its last frame. */
export interface JournalEnd {
  readonly epoch: Buffer;
  readonly number: number;
  readonly tag: Buffer;
}

/** @param end of the journal that counts still when it begins; null: there is none */
export function newEpoch(end: JournalEnd | null): Buffer {
  const random = randomBytes(randomPart);
  if (end === null) return Buffer.concat([random, randomBytes(epochBytes - randomPart)]);
  return Buffer.concat([random, nameOf(end, random)]);
}

/** Whether an epoch began behind this end. */
export function beginsBehind(epoch: Buffer, end: JournalEnd): boolean {
  return nameOf(end, epoch.subarray(0, randomPart)).equals(epoch.subarray(randomPart));
}

function nameOf({ epoch, number, tag }: JournalEnd, random: Buffer): Buffer {
  const segment = Buffer.alloc(8);
  segment.writeBigUInt64LE(BigInt(number));
  const hash = createHash('sha256').update('sherin/v1/journal-end').update(random);
  return hash
    .update(epoch)
    .update(segment)
    .update(tag)
    .digest()
    .subarray(0, epochBytes - randomPart);
}
