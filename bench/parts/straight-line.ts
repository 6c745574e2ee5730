import { median, type Row } from '../measure.js';

/**
 * How the last of `rows` (times at growing `sizes`) stands to a straight line through the origin and the first: 1 is the line,
 * below it is better. Of medians, as rounds of different sizes have nothing to do with each other.
 */
export function straightLine(
  sizes: readonly number[],
  rows: readonly Row[],
  show: (size: number) => string,
): Row {
  const [first, last] = [rows[0], rows.at(-1)];
  const [small = 1, large = 1] = [sizes[0], sizes.at(-1)];
  if (first === undefined || last === undefined) throw new Error('growth needs two sizes');
  const samples = new Map(
    [...last.samples].map(([name, times]) => {
      const expected = median(first.samples.get(name) ?? []) * (large / small);
      return [name, [median(times) / expected]];
    }),
  );
  const work = `${growthOf(last)}: ${show(large)} to a straight line from ${show(small)}`;
  return { ...last, id: 'G1', work, unit: '×', samples };
}

/** The work up to where its size is told. */
function growthOf({ work }: Row): string {
  return work.split(', ')[0] ?? work;
}
