/** Where a file has data and where holes (lseek(2), SEEK_DATA and SEEK_HOLE). */

/** Bytes `start` to `end` hold data. */
export interface DataRange {
  readonly start: number;
  readonly end: number;
}

/**
 * @param ranges in order, none empty, all within the file
 * @returns the first data or hole at or after `offset`, which is less than `length`; null: no data follows
 */
export function seekIn(
  ranges: Iterable<DataRange>,
  offset: number,
  length: number,
  what: 'data' | 'hole',
): number | null {
  let hole = offset;
  for (const { start, end } of ranges) {
    if (end <= offset) continue;
    if (what === 'data') return Math.max(start, offset);
    if (start > hole) return hole;
    hole = end;
  }
  return what === 'data' ? null : Math.min(hole, length);
}
