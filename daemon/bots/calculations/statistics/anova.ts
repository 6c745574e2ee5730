/** One-way analysis of variance, exactly. */
import type { Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { ratio } from '../formula/exact.js';
import { type Column, products, scaled, sum } from './column.js';

export interface Anova {
  readonly betweenFreedom: number;
  readonly withinFreedom: number;
  readonly betweenSumOfSquares: Fraction;
  readonly withinSumOfSquares: Fraction;
  readonly betweenMeanSquare: Fraction;
  readonly withinMeanSquare: Fraction;
  readonly f: Fraction;
}

/** Groups of one scale. @throws Failure too-few-values; not-defined where no group has any spread */
export function anova(groups: readonly Column[]): Anova {
  const scale = groups[0]?.scale ?? 0;
  const count = groups.reduce((total, { units }) => total + units.length, 0);
  const [betweenFreedom, withinFreedom] = [groups.length - 1, count - groups.length];
  if (betweenFreedom < 1 || withinFreedom < 1 || groups.some(({ units }) => units.length === 0))
    throw new Failure('too-few-values');
  const total = sum(groups.map(({ units }) => sum(units)));
  const squares = sum(groups.map(({ units }) => products(units, units)));
  const ofMeans = groups
    .map(({ units }) => ratio(sum(units) ** 2n, BigInt(units.length)))
    .reduce((one, other) => one.add(other));
  const unit = scaled(1n, 2 * scale);
  const betweenSumOfSquares = ofMeans.sub(ratio(total ** 2n, BigInt(count))).mul(unit);
  const withinSumOfSquares = ratio(squares).sub(ofMeans).mul(unit);
  if (withinSumOfSquares.n === 0n) throw new Failure('not-defined');
  const betweenMeanSquare = betweenSumOfSquares.div(ratio(BigInt(betweenFreedom)));
  const withinMeanSquare = withinSumOfSquares.div(ratio(BigInt(withinFreedom)));
  return {
    ...{ betweenFreedom, withinFreedom, betweenSumOfSquares, withinSumOfSquares },
    ...{ betweenMeanSquare, withinMeanSquare, f: betweenMeanSquare.div(withinMeanSquare) },
  };
}
