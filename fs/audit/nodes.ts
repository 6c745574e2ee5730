/**
 * Nodes of the log's Merkle tree, from the checkpoints of its segments: of a range that a checkpoint lies in, the checkpoint's frontier has all that
 * is before it, and only the records between it and the range's end are read. A proof has at most a range for each level of the tree,
 * so it reads at most that many parts of segments, however long the log is (FORMAT.md, "Proofs").
 */
import { constants } from 'node:fs';
import { Frontier, leafHash } from '../../common/merkle.js';
import { type RangeRoot, splitPoint } from '../../common/merkle-proofs.js';
import { broken } from './fault.js';
import { frontierOf, lineKind } from './line.js';
import { openSegment, rawLines, type SegmentFolder, type TailPosition } from './segment.js';
import { type ReadCheckpoint, readCheckpoint, segmentBefore } from './walk.js';

/** Leaves from (inclusive) to (exclusive), as {@link RangeRoot} has them. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** A range that is being made: what is known of it, and the record that it needs next. */
interface Growing extends LeafRange {
  readonly frontier: Frontier;
  at: number;
}

/**
 * Roots of ranges of a log. The checkpoint before `place`, which they lie around, has those on its left. What is read is not verified: the proof leads to a signed root, or there is none.
 * @throws SherinError AUDIT_BROKEN
 */
export async function rangeRoots(
  dir: SegmentFolder,
  position: TailPosition,
  place: number,
  ranges: readonly LeafRange[],
): Promise<RangeRoot> {
  const roots = new Map<number, Map<number, Buffer>>();
  const keep = ({ from, to }: LeafRange, root: Buffer): void => {
    roots.set(from, (roots.get(from) ?? new Map<number, Buffer>()).set(to, root));
  };
  const growing = new Map<number, Growing[]>();
  const read = remembered((segment) => readCheckpoint(dir, segment));
  const near = frontierOf(await read(await segmentBefore(dir, position, place, read)));
  for (const range of ranges) {
    const whole = subtreeOf(near, range);
    if (whole !== null) {
      keep(range, whole);
      continue;
    }
    const segment = await segmentBefore(dir, position, range.to - 1, read);
    const frontier = frontierOf(await read(segment));
    const part = insideOf(range, frontier);
    growing.set(segment, [...(growing.get(segment) ?? []), part]);
  }
  for (const [segment, parts] of growing) {
    await readInto(dir, segment, (await read(segment)).checkpoint.size, parts);
    for (const part of parts) keep(part, part.frontier.root());
  }
  return (from, to) => {
    const root = roots.get(from)?.get(to);
    if (root === undefined) throw broken('a part of its tree is missing');
    return root;
  };
}

/** What a checkpoint before the end of a range knows of it: the last of its subtrees are those of the range's beginning, which is a multiple of a power of two that is not below its length. */
function insideOf({ from, to }: LeafRange, { size, subtrees }: Frontier): Growing {
  const known = Math.max(0, size - from);
  const count = known.toString(2).replaceAll('0', '').length;
  const frontier = new Frontier(known, count === 0 ? [] : subtrees.slice(-count));
  return { from, to, frontier, at: from + known };
}

function remembered(read: ReadCheckpoint): ReadCheckpoint {
  const known = new Map<number, ReturnType<ReadCheckpoint>>();
  return (segment) => {
    const line = known.get(segment) ?? read(segment);
    known.set(segment, line);
    return line;
  };
}

/** A complete subtree of a frontier. */
function subtreeOf({ size, subtrees }: Frontier, { from, to }: LeafRange): Buffer | null {
  let start = 0;
  let rest = size;
  for (const subtree of subtrees) {
    const span = splitPoint(rest + 1);
    if (start === from && start + span === to) return subtree;
    [start, rest] = [start + span, rest - span];
  }
  return null;
}

/** @param first record of the segment */
async function readInto(
  dir: SegmentFolder,
  segment: number,
  first: number,
  parts: readonly Growing[],
): Promise<void> {
  const end = Math.max(...parts.map(({ to }) => to));
  let at = first;
  const file = await openSegment(dir, segment, constants.O_RDONLY);
  try {
    for await (const batch of rawLines(file)) {
      for (const raw of batch) {
        if (at >= end) return;
        if (raw.overlong || lineKind(raw.bytes) !== 'record') continue;
        let leaf: Buffer | null = null;
        for (const part of parts) {
          if (part.at !== at || at >= part.to) continue;
          leaf ??= leafHash(raw.bytes);
          part.frontier.append(leaf);
          part.at += 1;
        }
        at += 1;
      }
    }
  } finally {
    await file.close();
  }
  if (at < end) throw broken(`segment ${segment} ends before record ${end - 1}`);
}
