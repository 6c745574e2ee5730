/** Segment files `audit/<8 digits>.jsonl`, numbered from 1, and their lines in bounded pieces. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { longestLine } from './event.js';
import { broken } from './fault.js';

/** A segment that has reached this many bytes is followed by a new one. */
export const segmentBytes = 16 * 1024 * 1024;
/** Far above what a segment grows to even where no new one can be made; reading more would take minutes. */
const largestSegment = 1024 * 1024 * 1024;
const chunkBytes = 256 * 1024;

export interface RawLine {
  /** Without the line end; at most 4096 bytes of an overlong line. */
  readonly bytes: Buffer;
  /** From 1. */
  readonly number: number;
  /** Offset of the first byte, and of the byte after the line end. */
  readonly start: number;
  readonly end: number;
  /** Ended by a line end. */
  readonly whole: boolean;
  /** Holds a zero byte: no writer writes one, so it is a hole that a crash left. */
  readonly holed: boolean;
  readonly overlong: boolean;
}

/** Offset after the last line that is looked at, in the last segment that is. */
export interface TailPosition {
  /** The oldest segment that is looked at. */
  readonly first: number;
  readonly segment: number;
  readonly end: number;
}

/** Where segments are: one folder, or one for each segment. */
export type SegmentFolder = string | ((segment: number) => string);

/** The file of a segment. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.jsonl`;
}

/** Numbers of the segments among the names of a folder, ascending. */
export function numbersOf(names: readonly string[]): number[] {
  const segments = names.filter((name) => /^\d{8}\.jsonl$/.test(name));
  return segments.map((name) => Number(name.slice(0, 8))).sort((a, b) => a - b);
}

/** @throws SherinError AUDIT_BROKEN when it is no file of a segment's size, an errno when it can not be opened */
export async function openSegment(dir: SegmentFolder, segment: number, flags: number): Promise<FileHandle> {
  // O_NONBLOCK: a FIFO in its place must not hold up the opening.
  const extra = constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const folder = typeof dir === 'string' ? dir : dir(segment);
  const file = await open(join(folder, segmentName(segment)), flags | extra, 0o600);
  const facts = await file.stat();
  if (facts.isFile() && facts.size <= largestSegment) return file;
  await file.close();
  throw broken(`segment ${segmentName(segment)} is ${facts.isFile() ? 'too large' : 'not a file'}`);
}

/** First line of a segment, without its line end; empty where there is none. */
export async function firstLine(dir: SegmentFolder, segment: number): Promise<Buffer> {
  const file = await openSegment(dir, segment, constants.O_RDONLY);
  try {
    const bytes = Buffer.alloc(longestLine);
    const { bytesRead } = await file.read(bytes, 0, longestLine, 0);
    return bytes.subarray(0, Math.max(0, bytes.subarray(0, bytesRead).indexOf(10)));
  } finally {
    await file.close();
  }
}

/** The lines of an open file from its start, in batches as they were read; memory stays bounded whatever the file holds. */
export async function* rawLines(file: FileHandle): AsyncGenerator<readonly RawLine[]> {
  let carry: Buffer = Buffer.alloc(0);
  let carried = 0;
  let holed = false;
  let start = 0;
  let number = 0;
  const line = (bytes: Buffer, end: number, whole: boolean): RawLine => {
    number += 1;
    const overlong = end - start > longestLine;
    const made = { bytes, number, start, end, whole, holed: holed || bytes.includes(0), overlong };
    start = end;
    carry = Buffer.alloc(0);
    carried = 0;
    holed = false;
    return made;
  };
  for (let offset = 0; ; ) {
    // a fresh buffer each time: the lines handed out are views of it
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, offset);
    if (bytesRead === 0) break;
    const batch: RawLine[] = [];
    let at = 0;
    for (
      let newline = chunk.indexOf(10, at);
      newline >= 0 && newline < bytesRead;
      newline = chunk.indexOf(10, at)
    ) {
      const piece = chunk.subarray(at, newline);
      const bytes = carried === 0 ? piece : Buffer.concat([carry, piece]);
      batch.push(line(bytes, offset + newline + 1, true));
      at = newline + 1;
    }
    const rest = chunk.subarray(at, bytesRead);
    if (rest.includes(0)) holed = true;
    carry = Buffer.concat([carry, rest.subarray(0, Math.max(0, longestLine - carry.length))]);
    carried += rest.length;
    offset += bytesRead;
    if (batch.length > 0) yield batch;
  }
  if (carried > 0) yield [line(carry, start + carried, false)];
}
