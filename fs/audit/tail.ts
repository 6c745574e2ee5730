/** The newest records, read backwards from the end of the log. */
import { constants } from 'node:fs';
import { longestLine } from './event.js';
import { broken } from './fault.js';
import { lineKind, parseLine, type RecordLine } from './line.js';
import { placeOf } from './place.js';
import { openSegment, type SegmentFolder, type TailPosition } from './segment.js';

const mostRecords = 10_000;

/** At most 10,000 records, oldest first. @throws SherinError AUDIT_BROKEN */
export async function readTail(
  dir: SegmentFolder,
  position: TailPosition,
  count: number,
): Promise<readonly RecordLine[]> {
  const wanted = Math.max(0, Math.min(count, mostRecords));
  let found: RecordLine[] = [];
  for (let { segment } = position; segment >= position.first && found.length < wanted; segment--) {
    const end = segment === position.segment ? position.end : null;
    found = [...(await segmentTail(dir, segment, end, wanted - found.length)), ...found];
  }
  return found;
}

/** As {@link readTail}, of the records before `seq`, which is one of those that are there. */
export async function readBefore(
  dir: SegmentFolder,
  position: TailPosition,
  seq: number,
  count: number,
): Promise<readonly RecordLine[]> {
  return readTail(dir, await placeOf(dir, position, seq), count);
}

async function segmentTail(
  dir: SegmentFolder,
  segment: number,
  end: number | null,
  count: number,
): Promise<RecordLine[]> {
  const file = await openSegment(dir, segment, constants.O_RDONLY);
  try {
    const size = end ?? (await file.stat()).size;
    // a record and its head are two lines
    for (let span = Math.min(size, (count + 1) * 1024); ; span = Math.min(size, span * 4)) {
      const bytes = Buffer.alloc(span);
      const { bytesRead } = await file.read(bytes, 0, span, size - span);
      const records = lastRecords(bytes.subarray(0, bytesRead), count, span === size);
      if (records.length >= count || span === size) return records;
    }
  } finally {
    await file.close();
  }
}

function lastRecords(bytes: Buffer, count: number, fromStart: boolean): RecordLine[] {
  const records: RecordLine[] = [];
  let end = bytes.lastIndexOf(10);
  while (end > 0 && records.length < count) {
    const before = bytes.lastIndexOf(10, end - 1);
    if (before < 0 && !fromStart) break;
    const line = bytes.subarray(before + 1, end);
    if (line.length >= longestLine) throw broken('a line of the audit log is too long');
    if (lineKind(line) === 'record') {
      const record = parseLine(line);
      if ('event' in record) records.push(record);
    }
    end = before;
  }
  return records.reverse();
}
