/** Mean, spread and how columns go together: exact fractions; a standard deviation is the root of one. */
import type { Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { ratio } from '../formula/exact.js';
import { atLeast, type Column, products, scaled, sum } from './column.js';

export function mean(column: Column): Fraction {
  const count = atLeast(1, column);
  return scaled(sum(column.units), column.scale, count);
}

/** n² times the sum of (x − mean)(y − mean), in units. */
function crossed(one: Column, other: Column): bigint {
  const count = BigInt(one.units.length);
  return count * products(one.units, other.units) - sum(one.units) * sum(other.units);
}

export function sampleVariance(column: Column): Fraction {
  const count = atLeast(2, column);
  return scaled(crossed(column, column), 2 * column.scale, count * (count - 1n));
}

export function populationVariance(column: Column): Fraction {
  const count = atLeast(1, column);
  return scaled(crossed(column, column), 2 * column.scale, count * count);
}

export function sampleCovariance(one: Column, other: Column): Fraction {
  const count = paired(2, one, other);
  return scaled(crossed(one, other), one.scale + other.scale, count * (count - 1n));
}

/** The square of Pearson's correlation, with its sign. */
export function signedSquaredCorrelation(one: Column, other: Column): Fraction {
  paired(2, one, other);
  const both = crossed(one, other);
  const square = ratio(both * both, nonZero(crossed(one, one) * crossed(other, other)));
  return both < 0n ? square.neg() : square;
}

/** Of each value with the one before, by the mean of all. */
export function lag1Autocorrelation(column: Column): Fraction {
  const count = atLeast(2, column);
  const total = sum(column.units);
  const centred = column.units.map((value) => count * value - total);
  return ratio(products(centred.slice(1), centred), nonZero(products(centred, centred)));
}

export function meanSquare(column: Column): Fraction {
  return scaled(products(column.units, column.units), 2 * column.scale, atLeast(1, column));
}

export function meanAbsoluteDeviation(column: Column): Fraction {
  const count = atLeast(1, column);
  const total = sum(column.units);
  const distances = column.units.map((value) =>
    count * value < total ? total - count * value : count * value - total,
  );
  return scaled(sum(distances), column.scale, count * count);
}

/** @throws Failure too-few-values, lists-differ */
function paired(least: number, one: Column, other: Column): bigint {
  if (one.units.length !== other.units.length) throw new Failure('lists-differ');
  return atLeast(least, one);
}

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new Failure('not-defined');
  return value;
}
