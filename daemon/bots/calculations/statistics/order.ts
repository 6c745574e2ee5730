/** What depends on the order of values. */
import type { Fraction } from 'mathjs';
import { ratio } from '../formula/exact.js';
import { atLeast, type Column, scaled } from './column.js';

function sorted({ units }: Column): readonly bigint[] {
  return [...units].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
}

export function least(column: Column): Fraction {
  atLeast(1, column);
  return scaled(sorted(column)[0] ?? 0n, column.scale);
}

export function most(column: Column): Fraction {
  atLeast(1, column);
  return scaled(sorted(column).at(-1) ?? 0n, column.scale);
}

/** At `part` of the way from the least to the most, between neighbours in proportion: type 7 of Hyndman and Fan (1996), what R and spreadsheets compute. */
export function quantile(column: Column, part: Fraction): Fraction {
  atLeast(1, column);
  const values = sorted(column);
  const place = part.mul(ratio(BigInt(values.length - 1)));
  const index = Number(place.n / place.d);
  const low = scaled(values[index] ?? 0n, column.scale);
  const high = scaled(values[index + 1] ?? values[index] ?? 0n, column.scale);
  return low.add(high.sub(low).mul(place.sub(ratio(BigInt(index)))));
}

export function median(column: Column): Fraction {
  return quantile(column, ratio(1n, 2n));
}

/** The most frequent values, rising; all of them where none is more frequent. */
export function modes(column: Column): readonly Fraction[] {
  atLeast(1, column);
  const counts = new Map<bigint, number>();
  for (const value of sorted(column)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const highest = [...counts.values()].reduce((a, b) => Math.max(a, b));
  return [...counts].filter(([, count]) => count === highest).map(([value]) => scaled(value, column.scale));
}
