/** Roots of a function in an interval: where it changes its sign on a grid, and is small there. */
import type { BigNumber } from 'mathjs';
import { decimals } from '../formula/decimal.js';

export const rootPrecision = 45;
export const rootSteps = 100;

const Decimal = decimals(rootPrecision);
const closeEnough = new Decimal('1e-35');
const rounds = 200;

type RealFunction = (x: BigNumber) => BigNumber;

/** In rising order. */
export function rootsBetween(f: RealFunction, a: BigNumber, b: BigNumber): readonly BigNumber[] {
  const roots: BigNumber[] = [];
  const step = b.minus(a).div(rootSteps);
  let left = a;
  let atLeft = f(a);
  if (atLeft.isZero()) roots.push(a);
  for (let index = 1; index <= rootSteps; index += 1) {
    const right = index === rootSteps ? b : a.plus(step.times(index));
    const atRight = f(right);
    if (atRight.isZero()) roots.push(right);
    else if (!atLeft.isZero() && atLeft.isNeg() !== atRight.isNeg()) {
      const root = rootIn(f, { left, atLeft, right, atRight });
      if (root !== undefined) roots.push(root);
    }
    [left, atLeft] = [right, atRight];
  }
  return roots;
}

interface Bracket {
  readonly left: BigNumber;
  readonly atLeft: BigNumber;
  readonly right: BigNumber;
  readonly atRight: BigNumber;
}

/** By halving and by the secant in turn: the one is sure, the other quick. Undefined at a pole, which changes the sign, too. */
function rootIn(f: RealFunction, bracket: Bracket): BigNumber | undefined {
  let { left, atLeft, right, atRight } = bracket;
  const highest = Decimal.max(atLeft.abs(), atRight.abs());
  for (let round = 0; round < rounds; round += 1) {
    const width = right.minus(left);
    if (width.lte(left.abs().plus(closeEnough).times(closeEnough))) break;
    const secant = left.minus(atLeft.times(width).div(atRight.minus(atLeft)));
    // Beside the secant's point, so that the bracket shrinks from both sides.
    const nudge = width.times(round % 4 === 1 ? '1e-12' : '-1e-12');
    const middle = left.plus(right).div(2);
    const between = secant.plus(nudge);
    const x = round % 2 === 1 && between.gt(left) && between.lt(right) ? between : middle;
    const at = f(x);
    if (at.isZero()) return x;
    if (at.isNeg() === atLeft.isNeg()) [left, atLeft] = [x, at];
    else [right, atRight] = [x, at];
  }
  const least = Decimal.min(atLeft.abs(), atRight.abs());
  return least.lte(highest.times('1e-10')) ? left.plus(right).div(2) : undefined;
}
