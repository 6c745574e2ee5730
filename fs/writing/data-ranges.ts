/** Where a file has data and where holes (lseek(2), SEEK_DATA and SEEK_HOLE). */
import { slotBytes, slotVertices, vertexBytes } from '../manifest/index-node.js';

/** Bytes `start` to `end` hold data. */
export interface DataRange {
  readonly start: number;
  readonly end: number;
}

/** In order: slots that have data as wholes, and else the vertices that were written. */
export function* rangesOf(
  under: ReadonlySet<number>,
  vertices: { has(index: number): boolean; keys(): Iterable<number> },
  length: number,
): Iterable<DataRange> {
  const written = Array.from(vertices.keys(), (at) => Math.floor(at / slotVertices));
  for (const index of [...new Set([...under, ...written])].sort((a, b) => a - b)) {
    const parts = under.has(index)
      ? [{ from: index * slotBytes, bytes: slotBytes }]
      : Array.from({ length: slotVertices }, (_, i) => index * slotVertices + i)
          .filter((at) => vertices.has(at))
          .map((at) => ({ from: at * vertexBytes, bytes: vertexBytes }));
    for (const { from, bytes } of parts) {
      if (from < length) yield { start: from, end: Math.min(from + bytes, length) };
    }
  }
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
