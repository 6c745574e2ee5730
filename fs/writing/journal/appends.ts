/** Which appends of a journal count: those that are whole, in their order, up to the first that is not. */
import type { AppendHead, Entry } from './entries.js';

/** What stands in one segment. */
export type SegmentEntries = Iterable<Entry | AppendHead>;

/**
 * By the order of their heads. Where frames are lost, nothing behind them counts, until an append with number 1: it was begun when
 * everything before it was sealed. The oldest segments may be of the middle of an append that is of no account.
 */
export function wholeAppends(segments: Iterable<SegmentEntries>): boolean[] {
  const whole: boolean[] = [];
  let expected: number | null = null;
  let left = 0;
  let counts = false;
  let oldest = true;
  for (const segment of segments) {
    let empty = true;
    for (const entry of segment) {
      empty = false;
      if (entry.type !== 'append') {
        if (left > 0) left -= 1;
        if (left === 0 && whole.length > 0) whole[whole.length - 1] = counts;
        continue;
      }
      const follows: boolean = expected === null ? oldest : left === 0 && counts && entry.number === expected;
      counts = entry.number === 1 || follows;
      expected = entry.number + 1;
      left = entry.count;
      whole.push(counts && left === 0);
    }
    if (empty) oldest = false;
  }
  return whole;
}

/** The entries of appends that count. */
export function* countingEntries(
  segments: Iterable<SegmentEntries>,
  whole: readonly boolean[],
): Iterable<Entry> {
  let at = -1;
  let left = 0;
  for (const segment of segments) {
    for (const entry of segment) {
      if (entry.type === 'append') {
        at += 1;
        left = entry.count;
      } else if (left > 0) {
        left -= 1;
        if (whole[at] === true) yield entry;
      }
    }
  }
}
