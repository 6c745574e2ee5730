/** Where a record stands: its segment by the checkpoints, its offset by halving, as records stand in their order. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { longestLine } from './event.js';
import { broken } from './fault.js';
import { lineKind, parseLine } from './line.js';
import { openSegment, type SegmentFolder, type TailPosition } from './segment.js';
import { segmentBefore } from './walk.js';

/** Of any three lines after each other one at least is a record, and the first found may be cut. */
const window = 4 * longestLine;

interface Found {
  readonly seq: number;
  readonly start: number;
}

/** Offset of record `seq`, which is one of those before `position`. @throws SherinError AUDIT_BROKEN */
export async function placeOf(
  dir: SegmentFolder,
  position: TailPosition,
  seq: number,
): Promise<TailPosition> {
  const segment = await segmentBefore(dir, position, seq);
  const file = await openSegment(dir, segment, constants.O_RDONLY);
  try {
    const end = segment === position.segment ? position.end : (await file.stat()).size;
    let [low, high] = [0, end];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = await firstRecord(file, middle, end);
      if (found?.seq === seq) return { first: position.first, segment, end: found.start };
      if (found !== null && found.seq < seq) low = found.start + 1;
      else high = middle;
    }
  } finally {
    await file.close();
  }
  throw broken(`record ${seq} is missing`);
}

/** The first record that starts at `from` or behind it; null: none before `end`. */
async function firstRecord(file: FileHandle, from: number, end: number): Promise<Found | null> {
  // A line starts where the byte before it is a line end.
  const start = Math.max(0, from - 1);
  const bytes = Buffer.alloc(Math.min(window, end - start));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  let at = from === 0 ? 0 : bytes.indexOf(10) + 1;
  if (from !== 0 && at === 0) return null;
  for (;;) {
    const lineEnd = bytes.indexOf(10, at);
    if (lineEnd < 0 || lineEnd >= bytesRead) return null;
    const line = bytes.subarray(at, lineEnd);
    if (lineKind(line) === 'record') {
      const record = parseLine(line);
      if ('event' in record) return { seq: record.seq, start: start + at };
    }
    at = lineEnd + 1;
  }
}
