/** A segment looked at without keys: how far it is whole, by the signatures at the ends of its groups. */
import { createHash } from 'node:crypto';
import { fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { SherinError, systemCode } from '../../common/errors.js';
import { verifier } from '../../common/signature.js';
import { frameLimit, groupMessage, lengthBytes, signatureBytes, tagBytes } from './frame.js';
import { headBytes, readSegmentHead, type SegmentHead } from './segment-head.js';

const readAt = promisify(read);

/** Whom a vault's copy is signed by. */
export interface CopySigner {
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
}

/** Frames that count together, up to a signature. */
interface Group {
  /** Where it ends in the file. */
  readonly end: number;
  /** Its last frame, which holds the tree head: where it is, how long, which of the segment. */
  readonly last: { readonly at: number; readonly length: number; readonly index: number };
  readonly digest: Buffer;
  readonly signature: Buffer;
}

export interface ScannedSegment {
  readonly head: SegmentHead;
  /** Bytes of the file, and of it up to the end of the last group that is whole; 0: none is. */
  readonly bytes: number;
  readonly whole: number;
  /** Frame with the tree head of that group. */
  readonly last: Group['last'] | null;
}

/** @returns null where it is no segment with this number. @throws SherinError DISK_READ */
export async function scanSegment(
  fd: number,
  number: number,
  { uuid, publicKey }: CopySigner,
): Promise<ScannedSegment | null> {
  const facts = fstatSync(fd);
  if (!facts.isFile()) return null;
  const head = readSegmentHead(await readBytes(fd, 0, headBytes), number);
  if (head === null) return null;
  const verify = verifier(publicKey);
  // Each signature is over all that is before it: the last one that verifies says it of every group.
  const groups = await readGroups(fd, head);
  const whole = groups.findLast(({ digest, signature }) => verify(groupMessage(uuid, digest), signature));
  return { head, bytes: facts.size, whole: whole?.end ?? 0, last: whole?.last ?? null };
}

async function readGroups(fd: number, head: SegmentHead): Promise<Group[]> {
  const groups: Group[] = [];
  const hash = createHash('sha256').update(head.bytes);
  let last: Group['last'] | null = null;
  for (let at = headBytes, index = 0; ; ) {
    const size = await readBytes(fd, at, lengthBytes);
    if (size.length < lengthBytes) return groups;
    const length = size.readUInt32LE();
    if (length > frameLimit) return groups;
    if (length > 0) {
      const frame = await readBytes(fd, at + lengthBytes, length + tagBytes);
      if (frame.length < length + tagBytes) return groups;
      hash.update(size).update(frame);
      last = { at, length, index };
      at += lengthBytes + frame.length;
      index += 1;
      continue;
    }
    const signature = await readBytes(fd, at + lengthBytes, signatureBytes);
    if (signature.length < signatureBytes || last === null) return groups;
    const end = at + lengthBytes + signatureBytes;
    groups.push({ end, last, digest: hash.copy().digest(), signature });
    hash.update(size).update(signature);
    at = end;
  }
}

/** Bytes of a file; fewer at its end. @throws SherinError DISK_READ */
export async function readBytes(fd: number, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  try {
    for (let done = 0; done < length; ) {
      const { bytesRead } = await readAt(fd, bytes, done, length - done, at + done);
      if (bytesRead === 0) return bytes.subarray(0, done);
      done += bytesRead;
    }
  } catch (error) {
    const part = systemCode(error);
    if (part === undefined) throw error;
    throw new SherinError('DISK_READ', { what: 'the copy of the log', part }, { cause: error });
  }
  return bytes;
}
