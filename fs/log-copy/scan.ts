/** A segment looked at without keys: how far it is whole, by the signatures at the ends of its groups. */
import { createHash } from 'node:crypto';
import { fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { SherinError, systemCode } from '../../common/errors.js';
import { verifier } from '../../common/signature.js';
import {
  frameLimit,
  groupMessage,
  headEntryBytes,
  lengthBytes,
  mostGroups,
  signatureBytes,
  tagBytes,
} from './frame.js';
import { headBytes, readSegmentHead, type SegmentHead } from './segment-head.js';

const readAt = promisify(read);

/** Whom a vault's copy is signed by. */
export interface CopySigner {
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
}

/** A frame: where it is, how long, which of the segment. */
interface FramePlace {
  readonly at: number;
  readonly length: number;
  readonly index: number;
}

/** What has the form of groups, frames up to a signature, from the first one on. */
interface Groups {
  /** Where each ends in the file. */
  readonly ends: readonly number[];
  /** Its last frame, which holds the tree head, by number in the segment. */
  readonly lasts: readonly number[];
  /** Of all bytes before its end, 32 bytes for each. */
  readonly digests: Buffer;
}

const digestBytes = 32;
/** Behind the last frame of a group. */
const endBytes = lengthBytes + signatureBytes;

export interface ScannedSegment {
  readonly head: SegmentHead;
  /** Bytes of the file, and of it up to the end of the last group that is whole; 0: none is. */
  readonly bytes: number;
  readonly whole: number;
  /** Frame with the tree head of that group. */
  readonly last: FramePlace | null;
}

/**
 * @param first its head, where that is not the one in the file
 * @returns null where it is no segment with this number. @throws SherinError DISK_READ
 */
export async function scanSegment(
  fd: number,
  number: number,
  { uuid, publicKey }: CopySigner,
  first?: Buffer,
): Promise<ScannedSegment | null> {
  const facts = fstatSync(fd);
  if (!facts.isFile()) return null;
  const start = first ?? (await readBytes(fd, 0, headBytes));
  const head = readSegmentHead(start, number);
  if (head === null) return null;
  const verify = verifier(publicKey);
  const { ends, lasts, digests } = await readGroups(fd, head);
  const count = await signedGroups(ends.length, async (group) => {
    const digest = digests.subarray(group * digestBytes, (group + 1) * digestBytes);
    const signature = await readBytes(fd, (ends[group] ?? 0) - signatureBytes, signatureBytes);
    return verify(groupMessage(uuid, digest), signature);
  });
  const whole = ends[count - 1] ?? 0;
  const at = whole - endBytes - tagBytes - headEntryBytes - lengthBytes;
  const last = { at, length: headEntryBytes, index: lasts[count - 1] ?? 0 };
  return { head, bytes: facts.size, whole, last: whole === 0 ? null : last };
}

/** How many groups are whole. Each signature is over all before it: those that verify are the first ones, and few have to be tried. */
async function signedGroups(count: number, isSigned: (group: number) => Promise<boolean>): Promise<number> {
  let whole = 0;
  let beyond = count + 1;
  for (let next = count; beyond - whole > 1; next = Math.floor((whole + beyond) / 2)) {
    if (await isSigned(next - 1)) whole = next;
    else beyond = next;
  }
  return whole;
}

async function readGroups(fd: number, head: SegmentHead): Promise<Groups> {
  const ends: number[] = [];
  const lasts: number[] = [];
  const digests: Buffer[] = [];
  const hash = createHash('sha256').update(head.bytes);
  // What is in the place of a segment may go on without end: a group is counted only in its exact form, and so many at most.
  let length = 0;
  for (let at = headBytes, index = 0; ends.length < mostGroups; ) {
    const size = await readBytes(fd, at, lengthBytes);
    const before = length;
    length = size.length < lengthBytes ? frameLimit + 1 : size.readUInt32LE();
    if (length > frameLimit || (length === 0 && before !== headEntryBytes)) break;
    const rest = await readBytes(fd, at + lengthBytes, length === 0 ? signatureBytes : length + tagBytes);
    at += lengthBytes + rest.length;
    if (rest.length < (length === 0 ? signatureBytes : length + tagBytes)) break;
    if (length === 0) {
      ends.push(at);
      lasts.push(index - 1);
      digests.push(hash.copy().digest());
    } else index += 1;
    hash.update(size).update(rest);
  }
  return { ends, lasts, digests: Buffer.concat(digests) };
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
