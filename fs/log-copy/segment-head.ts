/** How a segment of the copy of the log begins (FORMAT.md, "Copy of the log"). All of it is authenticated with every frame. */
import { randomBytes } from 'node:crypto';

export const headBytes = 64;

const magic = Buffer.from('SHERIN:L');
export const version = 1;
const suite = 1;
const at = { version: 8, suite: 10, number: 12, salt: 16, first: 48, zero: 56 } as const;

export interface SegmentHead {
  readonly bytes: Buffer;
  readonly number: number;
  /** 32 random bytes: with others, it is another key. */
  readonly salt: Buffer;
  /** Number of its first record in the log. */
  readonly first: number;
}

/** For a new segment, with a salt of its own. */
export function newSegmentHead(number: number, first: number): SegmentHead {
  const bytes = Buffer.alloc(headBytes);
  magic.copy(bytes);
  bytes.writeUInt16LE(version, at.version);
  bytes.writeUInt16LE(suite, at.suite);
  bytes.writeUInt32LE(number, at.number);
  randomBytes(at.first - at.salt).copy(bytes, at.salt);
  bytes.writeBigUInt64LE(BigInt(first), at.first);
  return { bytes, number, salt: bytes.subarray(at.salt, at.first), first };
}

/** No version of any program is above this (FORMAT.md, "Versions"). */
const highestVersion = 255;

/** What version it says it is of, where that is a later one than this program reads; else null. */
export function laterVersion(bytes: Buffer): number | null {
  if (bytes.length !== headBytes || !bytes.subarray(0, magic.length).equals(magic)) return null;
  const found = bytes.readUInt16LE(at.version);
  return found > version && found <= highestVersion ? found : null;
}

/** The same head, of a version that this program reads. */
export function asVersion(bytes: Buffer, known: number): Buffer {
  const head = Buffer.from(bytes);
  head.writeUInt16LE(known, at.version);
  return head;
}

/** @returns null where it is not the head of the segment with this number */
export function readSegmentHead(bytes: Buffer, number: number): SegmentHead | null {
  if (bytes.length !== headBytes || !bytes.subarray(0, magic.length).equals(magic)) return null;
  if (bytes.readUInt16LE(at.version) !== version || bytes.readUInt16LE(at.suite) !== suite) return null;
  const first = bytes.readBigUInt64LE(at.first);
  const known = bytes.readUInt32LE(at.number) === number && first <= BigInt(Number.MAX_SAFE_INTEGER);
  if (!known || bytes.readBigUInt64LE(at.zero) !== 0n) return null;
  return { bytes, number, salt: bytes.subarray(at.salt, at.first), first: Number(first) };
}
