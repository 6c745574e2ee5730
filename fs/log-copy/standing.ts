/** The segments that a session finds: their heads are read, and the last one wholly. */
import { closeSync, fstatSync } from 'node:fs';
import type { TreeHead } from '../manifest/head.js';
import type { CopySegment } from './chain.js';
import type { LogFolder } from './folder.js';
import { readBytes } from './scan.js';
import { headBytes, readSegmentHead } from './segment-head.js';

interface StandingSegment {
  readonly number: number;
  readonly first: number;
  readonly bytes: number;
}

export interface Standing {
  /** Those that count, by their heads, in the order of the log. */
  readonly segments: readonly StandingSegment[];
  /** Numbers of those that do not: they go once something stands in their place. */
  readonly spare: readonly number[];
  /** The highest number of one that counts. */
  readonly last: number;
  /** Record with which the next segment goes on. */
  readonly from: number;
  /** What they lead to; null: nothing of them counts. */
  readonly end: TreeHead | null;
}

/** @param open reads a segment wholly; a text where it does not count */
export async function standingSegments(
  folder: LogFolder,
  open: (number: number) => Promise<CopySegment | string>,
): Promise<Standing> {
  const numbers = folder.numbers();
  const left = [...numbers];
  let end: TreeHead | null = null;
  for (let number = left.at(-1); number !== undefined; number = left.at(-1)) {
    const segment = await open(number);
    if (typeof segment !== 'string') {
      end = segment.end;
      break;
    }
    // The end of a session that was cut off before it had copied anything, or of none.
    left.pop();
  }
  // A number is taken from one that is signed alone: who plants a name leaves none for the next.
  const last = left.at(-1) ?? 0;
  const counting: StandingSegment[] = [];
  for (const segment of await readHeads(folder, left)) {
    while ((counting.at(-1)?.first ?? -1) >= segment.first) counting.pop();
    counting.push(segment);
  }
  if (end === null || counting[0]?.first !== 0)
    return { segments: [], spare: numbers, last, from: 0, end: null };
  const spare = numbers.filter((number) => counting.every((segment) => segment.number !== number));
  return { segments: counting, spare, last, from: end.size, end };
}

async function readHeads(folder: LogFolder, numbers: readonly number[]): Promise<StandingSegment[]> {
  const found: StandingSegment[] = [];
  for (const number of numbers) {
    const fd = folder.open(number);
    if (fd === null) continue;
    try {
      const facts = fstatSync(fd);
      const head = facts.isFile() ? readSegmentHead(await readBytes(fd, 0, headBytes), number) : null;
      if (head !== null) found.push({ number, first: head.first, bytes: facts.size });
    } finally {
      closeSync(fd);
    }
  }
  return found;
}
