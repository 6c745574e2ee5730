/** What stands in a segment: its frames up to the first that is none, and what is behind that. */
import { fstatSync, readSync } from 'node:fs';
import { SherinError, systemCode } from '../../../common/errors.js';
import { type Keyring, system } from '../../../native/index.js';
import { type AppendHead, type Entry, readEntries } from './entries.js';
import { FrameChain, frameBytes, frameHeadBytes, frameLength, frameLimit } from './frames.js';
import {
  asThisVersion,
  headBytes,
  isFormerHead,
  laterVersion,
  readSegmentHead,
  type SegmentHead,
  tagBytes,
} from './segment-head.js';

/** A larger file is none of ours. */
const largestSegment = 1024 * 1024 * 1024;
const zeros = Buffer.alloc(frameLimit);
/** Rooms for frames that nobody reads now: who makes many small segments must not have each take one, until they are collected. */
const rooms: Buffer[] = [];

/** What is in a frame: heads of appends, and how many entries follow each. */
export interface ScannedFrame {
  readonly tag: Buffer;
  readonly items: readonly (AppendHead | number)[];
  /** Whether it has an entry that counts still. */
  readonly tells: boolean;
}

export interface ScannedSegment {
  readonly kind: 'segment';
  readonly number: number;
  readonly head: SegmentHead;
  readonly frames: readonly ScannedFrame[];
  /** Behind the frames: zeros; a frame that is not whole, and zeros; or more than that, which no crash leaves. */
  readonly tail: 'clean' | 'torn' | 'more';
  /** Bytes of the file, of head and frames. */
  readonly bytes: number;
  readonly whole: number;
}

export type Scanned =
  | ScannedSegment
  /** There is nothing in it: its making was interrupted, or it was given back. */
  | { readonly kind: 'blank'; readonly number: number }
  /** It is no segment of this format, or not of this number. */
  | { readonly kind: 'strange' | 'former'; readonly number: number; readonly bytes: number };

/** Whether an entry counts still, of an append before the change numbered `next`. */
export type Counts = (entry: Entry, next: number) => boolean;

/**
 * What version a segment is of, where that is a later one than this program reads; else null. A version that was changed is no later one: with this
 * program's in its place, the first frame authenticates. @throws SherinError DISK_READ
 */
export function laterSegment(fd: number, number: number, keyring: Keyring): number | null {
  const start = fstatSync(fd).isFile() ? readBytes(fd, 0, headBytes) : null;
  const found = start === null ? null : laterVersion(start);
  if (start === null || found === null) return null;
  for (const _ of framesOf(fd, number, keyring, asThisVersion(start))) return null;
  return found;
}

/** Reads the file of an open segment. @throws MalformedBytes; SherinError DISK_READ */
export function scanSegment(fd: number, number: number, keyring: Keyring, counts: Counts): Scanned {
  const stats = fstatSync(fd);
  const bytes = stats.size;
  if (!stats.isFile() || bytes > largestSegment) return { kind: 'strange', number, bytes };
  const start = readBytes(fd, 0, headBytes) ?? Buffer.alloc(0);
  if (start.every((byte) => byte === 0)) return { kind: 'blank', number };
  const head = start.length === headBytes ? readSegmentHead(start, number) : null;
  if (head === null) {
    if (isBlank(fd, headBytes, bytes)) return { kind: 'blank', number };
    return { kind: isFormerHead(start) ? 'former' : 'strange', number, bytes };
  }
  const frames: ScannedFrame[] = [];
  let end = headBytes;
  let next = Number.POSITIVE_INFINITY;
  for (const { tag, plain } of framesOf(fd, number, keyring)) {
    const items: (AppendHead | number)[] = [];
    let tells = false;
    for (const entry of readEntries(plain)) {
      if (entry.type === 'append') {
        next = entry.next;
        items.push(entry);
      } else {
        const last = items.at(-1);
        if (typeof last === 'number') items[items.length - 1] = last + 1;
        else items.push(1);
        tells ||= counts(entry, next);
      }
    }
    frames.push({ tag, items, tells });
    end += frameBytes(plain.length);
  }
  const tail = tailOf(fd, end, bytes);
  return { kind: 'segment', number, head, frames, tail, bytes, whole: end };
}

/** The frames of a segment up to its last whole one, whose head is `start`; each is valid until the next is asked for, in memory that is wiped. */
export function* framesOf(
  fd: number,
  number: number,
  keyring: Keyring,
  start = readBytes(fd, 0, headBytes),
): Iterable<{ readonly tag: Buffer; readonly plain: Buffer }> {
  const head = start === null ? null : readSegmentHead(start, number);
  if (head === null) return;
  const chain = new FrameChain(keyring, head);
  const room = rooms.pop() ?? system.plaintext(frameLimit);
  try {
    for (let at = headBytes; ; ) {
      const size = readBytes(fd, at, frameHeadBytes);
      const length = size === null ? 0 : frameLength(size);
      const body = length === 0 ? null : readBytes(fd, at + frameHeadBytes, length + tagBytes);
      const plain = room.subarray(0, length);
      if (body === null || !chain.open(body, plain)) return;
      yield { tag: chain.tag, plain };
      at += frameBytes(length);
    }
  } finally {
    system.wipe(room);
    rooms.push(room);
  }
}

function tailOf(fd: number, at: number, size: number): ScannedSegment['tail'] {
  const start = readBytes(fd, at, frameHeadBytes);
  const length = start === null ? 0 : frameLength(start);
  if (!isBlank(fd, length === 0 ? at + frameHeadBytes : at + frameBytes(length), size)) return 'more';
  return start === null || start.every((byte) => byte === 0) ? 'clean' : 'torn';
}

/** Whether there are zeros alone from a place on. */
function isBlank(fd: number, from: number, size: number): boolean {
  for (let at = from; at < size; at += frameLimit) {
    const bytes = readBytes(fd, at, Math.min(frameLimit, size - at));
    if (bytes !== null && !bytes.equals(zeros.subarray(0, bytes.length))) return false;
  }
  return true;
}

/** @returns null where the file ends before that. @throws SherinError DISK_READ */
export function readBytes(fd: number, position: number, length: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  try {
    for (let done = 0; done < length; ) {
      const read = readSync(fd, bytes, done, length - done, position + done);
      if (read === 0) return null;
      done += read;
    }
  } catch (error) {
    const part = systemCode(error);
    if (part === undefined) throw error;
    throw new SherinError('DISK_READ', { what: 'a segment of the journal', part }, { cause: error });
  }
  return bytes;
}
