/** How a segment begins (FORMAT.md, "Journal"). All of it is authenticated with every frame. */
import { randomBytes } from 'node:crypto';
import { epochBytes } from './epoch.js';

export const headBytes = 64;
export const tagBytes = 16;
/** A segment with more could not have eight digits. */
export const lastSegment = 99_999_999;
/** What the first frame of a chain is bound to. */
export const noTag = Buffer.alloc(tagBytes);

const magic = Buffer.from('SHERIN:J');
export const version = 2;
const suite = 1;
const at = { version: 8, suite: 10, number: 12, salt: 16, epoch: 40, before: 48 } as const;

export interface SegmentHead {
  readonly bytes: Buffer;
  readonly number: number;
  /** Random bytes and the epoch: with another of either, it is another key. */
  readonly salt: Buffer;
  readonly epoch: Buffer;
  /** Tag of the last frame in the segment before; zero bytes where nothing before counts. */
  readonly before: Buffer;
}

function headOf(bytes: Buffer): SegmentHead {
  return {
    bytes,
    number: bytes.readUInt32LE(at.number),
    salt: bytes.subarray(at.salt, at.before),
    epoch: bytes.subarray(at.epoch, at.epoch + epochBytes),
    before: bytes.subarray(at.before, at.before + tagBytes),
  };
}

export function newSegmentHead(number: number, epoch: Buffer, before: Buffer): SegmentHead {
  const bytes = Buffer.alloc(headBytes);
  magic.copy(bytes);
  bytes.writeUInt16LE(version, at.version);
  bytes.writeUInt16LE(suite, at.suite);
  bytes.writeUInt32LE(number, at.number);
  randomBytes(at.epoch - at.salt).copy(bytes, at.salt);
  epoch.copy(bytes, at.epoch);
  before.copy(bytes, at.before);
  return headOf(bytes);
}

/** @returns null where it is not the head of the segment with this number */
export function readSegmentHead(bytes: Buffer, number: number): SegmentHead | null {
  const head = headOf(bytes);
  const known = bytes.readUInt16LE(at.version) === version && bytes.readUInt16LE(at.suite) === suite;
  return bytes.subarray(0, magic.length).equals(magic) && known && head.number === number ? head : null;
}

/** No version of any program is above this (FORMAT.md, "Versions"). */
const highestVersion = 255;

/** What version it says it is of, where that is a later one than this program reads; else null. */
export function laterVersion(bytes: Buffer): number | null {
  if (bytes.length !== headBytes || !bytes.subarray(0, magic.length).equals(magic)) return null;
  const found = bytes.readUInt16LE(at.version);
  return found > version && found <= highestVersion ? found : null;
}

/** The same head, of the version that this program reads. */
export function asThisVersion(bytes: Buffer): Buffer {
  const head = Buffer.from(bytes);
  head.writeUInt16LE(version, at.version);
  return head;
}

/** Whether it is the head of a segment of version 1, which no head of the manifest names. */
export function isFormerHead(bytes: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic) && bytes.readUInt16LE(at.version) === 1;
}
