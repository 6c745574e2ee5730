/** Proofs that a record is one of those that a head signs, and the head itself (RFC 9162 section 2.1.3). */
import { constants } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { formatCount } from '../../common/format-count.js';
import {
  consistencyPath,
  inclusionPath,
  type RangeRoot,
  rootFromInclusion,
} from '../../common/merkle-proofs.js';
import { longestLine } from './event.js';
import { broken } from './fault.js';
import { type Line, lineKind, parseLine } from './line.js';
import { type LeafRange, rangeRoots } from './nodes.js';
import { openSegment, rawLines, type SegmentFolder, type TailPosition } from './segment.js';
import type { SignedHead } from './signed-head.js';
import { segmentBefore } from './walk.js';

export interface RecordProof {
  readonly seq: number;
  /** Leaf hash of the record's line. */
  readonly leaf: Buffer;
  /** From the leaf's sibling to the root's child. */
  readonly path: readonly Buffer[];
  readonly head: SignedHead;
}

/** The head that ends at `position`: the last line there, or the checkpoint of a segment without records. @throws SherinError AUDIT_BROKEN */
export async function readHead(
  dir: SegmentFolder,
  { segment, end }: Pick<TailPosition, 'segment' | 'end'>,
): Promise<SignedHead> {
  const file = await openSegment(dir, segment, constants.O_RDONLY);
  try {
    const start = Math.max(0, end - longestLine);
    const bytes = Buffer.alloc(end - start);
    await file.read(bytes, 0, bytes.length, start);
    const line = parseLine(bytes.subarray(bytes.lastIndexOf(10, bytes.length - 2) + 1, bytes.length - 1));
    if ('event' in line) throw broken('its last line is no head');
    const { size, root, time } = 'head' in line ? line.head : line.checkpoint;
    return { size, root, time, signature: line.signature };
  } finally {
    await file.close();
  }
}

/** The proof leads to the head's root, or there is none: `seq` is below its size. RFC 9162, section 2.1.3. @throws SherinError AUDIT_BROKEN */
export async function proveRecord(
  dir: SegmentFolder,
  position: TailPosition,
  seq: number,
): Promise<RecordProof> {
  const head = await readHead(dir, position);
  const own = { from: seq, to: seq + 1 };
  const ranges: LeafRange[] = [own];
  inclusionPath(seq, head.size, note(ranges));
  const root = await rangeRoots(dir, position, seq, ranges);
  const leaf = root(own.from, own.to);
  const path = inclusionPath(seq, head.size, root);
  const reached = rootFromInclusion(seq, head.size, leaf, path);
  if (reached?.toString('base64') !== head.root) throw broken(`record ${seq} is not one that its head signs`);
  return { seq, leaf, path, head };
}

export interface LogConsistency {
  /** Heads of these sizes; null: none that the log has is of this size. */
  readonly from: SignedHead | null;
  readonly to: SignedHead | null;
  readonly path: readonly Buffer[];
}

/** The sizes of two heads that can be compared. @throws SherinError USAGE */
export function requireSizes(from: number, to: number, size: number): void {
  const fault =
    (from < 1 && 'a head is of 1 record or more') ||
    (from > to && 'the older head comes first') ||
    (to > size && 'that many were never signed');
  if (fault === false) return;
  const has = formatCount(size, 'record');
  throw new SherinError('USAGE', {
    what: `heads of ${from.toLocaleString('en-US')} and ${formatCount(to, 'record')} can not be compared: ${fault}; the audit log has ${has}`,
  });
}

/** That the log of `to` records begins with the one of `from`, 0 < from ≤ to. RFC 9162, section 2.1.4. @throws SherinError AUDIT_BROKEN */
export async function proveConsistency(
  dir: string,
  position: TailPosition,
  { from, to }: LeafRange,
): Promise<LogConsistency> {
  const ranges: LeafRange[] = [];
  consistencyPath(from, to, note(ranges));
  const root = await rangeRoots(dir, position, from, ranges);
  const path = consistencyPath(from, to, root);
  const heads = [await headOf(dir, position, from), await headOf(dir, position, to)] as const;
  return { from: heads[0], to: heads[1], path };
}

function note(ranges: LeafRange[]): RangeRoot {
  return (from, to) => {
    ranges.push({ from, to });
    return Buffer.alloc(0);
  };
}

/** The head that signs the first `size` records; null where a group did not end there. @throws SherinError AUDIT_BROKEN */
async function headOf(dir: string, position: TailPosition, size: number): Promise<SignedHead | null> {
  const segment = await segmentBefore(dir, position, size);
  const file = await openSegment(dir, segment, constants.O_RDONLY);
  try {
    for await (const batch of rawLines(file)) {
      for (const raw of batch) {
        const kind = raw.overlong ? 'record' : lineKind(raw.bytes);
        if (kind === 'record') continue;
        const line = parseLine(raw.bytes);
        const head = 'head' in line ? line.head : 'checkpoint' in line ? line.checkpoint : null;
        if (head === null || head.size < size) continue;
        const { root, time } = head;
        return head.size === size ? { size, root, time, signature: signatureOf(line) } : null;
      }
    }
    return null;
  } finally {
    await file.close();
  }
}

function signatureOf(line: Line): string {
  if ('event' in line) throw broken('a record is no head');
  return line.signature;
}
