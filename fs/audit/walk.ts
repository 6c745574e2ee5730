/** Replays segments from files, and tells a crash's torn end from an edited log. */
import { constants } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { broken } from './fault.js';
import { type CheckpointLine, lineKind, MalformedLine, parseLine } from './line.js';
import type { Replay } from './replay.js';
import {
  firstLine,
  openSegment,
  type RawLine,
  rawLines,
  type SegmentFolder,
  segmentName,
  type TailPosition,
} from './segment.js';

export interface SegmentEnd {
  /** Offset after the last good line. */
  readonly end: number;
  /** Bytes after it that a crash left of a group nobody was told is durable. */
  readonly torn: number;
}

/**
 * Lines after the last good one. A group is written only when the one before is durable, so a crash tears the last group
 * only: its last line is cut, or it has holes (zero bytes) and at most its head, as the last line, follows them.
 */
class TornEnd {
  #bytes = 0;
  #headSeen = false;

  get bytes(): number {
    return this.#bytes;
  }

  take(raw: RawLine, segment: number): void {
    if (this.#headSeen)
      throw broken(`${segmentName(segment)} line ${raw.number}: a group follows a damaged one`);
    if (raw.whole && !raw.holed && !raw.overlong && lineKind(raw.bytes) === 'head') this.#headSeen = true;
    this.#bytes += raw.end - raw.start;
  }
}

/** Replays one segment. A torn end is allowed in the `last` one only. @throws SherinError AUDIT_BROKEN */
export async function walkSegment(
  dir: SegmentFolder,
  segment: number,
  last: boolean,
  replay: Replay,
): Promise<SegmentEnd> {
  const file = await openSegment(dir, segment, constants.O_RDONLY).catch((error: unknown) => {
    if (error instanceof SherinError) throw error;
    throw broken(
      `segment ${segmentName(segment)} can not be opened (${systemCode(error) ?? 'unknown'})`,
      error,
    );
  });
  try {
    const torn = new TornEnd();
    let end = 0;
    for await (const batch of rawLines(file)) {
      for (const raw of batch) {
        const damaged = torn.bytes > 0 || !raw.whole || raw.holed;
        if (damaged && last && end > 0) torn.take(raw, segment);
        else if (damaged) throw broken(`${segmentName(segment)} line ${raw.number}: the line is damaged`);
        else {
          if (end === 0) replay.begin(segment, raw);
          else replay.line(raw);
          end = raw.end;
        }
      }
    }
    if (end === 0) throw broken(`segment ${segmentName(segment)} is empty`);
    return { end, torn: torn.bytes };
  } finally {
    await file.close();
  }
}

/** First line of a segment, not yet verified. @throws SherinError AUDIT_BROKEN */
export async function readCheckpoint(dir: SegmentFolder, segment: number): Promise<CheckpointLine> {
  return checkpointIn(await firstLine(dir, segment), segment);
}

/** @param bytes first line of a segment. @throws SherinError AUDIT_BROKEN */
export function checkpointIn(bytes: Buffer, segment: number): CheckpointLine {
  try {
    const line = parseLine(bytes);
    if ('checkpoint' in line) return line;
  } catch (error) {
    if (!(error instanceof MalformedLine)) throw error;
  }
  throw broken(`${segmentName(segment)} line 1: a segment starts with a checkpoint`);
}

export type ReadCheckpoint = (segment: number) => Promise<CheckpointLine>;

/** The newest segment that starts at or before record `size`, so that a replay from it meets that head; the first where none does. By halving. */
export async function segmentBefore(
  dir: SegmentFolder,
  { first, segment: last }: Pick<TailPosition, 'first' | 'segment'>,
  size: number,
  read: ReadCheckpoint = (segment) => readCheckpoint(dir, segment),
): Promise<number> {
  let [low, high] = [first, last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((await read(middle)).checkpoint.size <= size) low = middle;
    else high = middle - 1;
  }
  return low;
}
