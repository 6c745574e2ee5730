/** The value of a formula, in the first field that has it, and how it is written. */
import type { BigNumber, Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { limits } from '../limits.js';
import { complexField } from './complex.js';
import { decimalField, guardDigits } from './decimal.js';
import { evaluate } from './evaluate.js';
import { exactField } from './exact.js';
import { Elsewhere, type Field } from './field.js';
import type { Formula } from './formula.js';
import type { Dimensions, Quantity } from './quantity.js';
import {
  type Digits,
  type Rounded,
  roundComplex,
  roundDecimal,
  roundExact,
  usualDigits,
} from './rounding.js';

/** What is computed of a formula: itself, or how many of a unit it is. */
export type Calculation = <Value>(field: Field<Value>) => Quantity<Value>;

export interface Valued extends Rounded {
  readonly dimensions: Dimensions;
}

export function formulaValue(formula: Formula, digits: Digits | undefined): Valued {
  return computed((field) => evaluate(formula, field), digits);
}

/** @throws Failure */
export function computed(calculation: Calculation, digits: Digits | undefined): Valued {
  return (
    attempt(() => {
      const { value, dimensions } = calculation<Fraction>(exactField);
      return { ...roundExact(value, digits), dimensions };
    }) ??
    attempt(() => decimal(calculation, digits)) ??
    attempt(() => {
      const { value, dimensions } = calculation(complexField);
      return { ...roundComplex(value, digits), dimensions };
    }) ??
    fail('not-understood')
  );
}

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Elsewhere) return undefined;
    throw error;
  }
}

/** Computed with two numbers of digits: what is told is the same in both. Each further round has more to lose. */
function decimal(calculation: Calculation, digits: Digits | undefined): Valued {
  const first = (digits?.count ?? usualDigits) + guardDigits;
  for (const precision of [first, first + 40, first + 120]) {
    const one = calculation<BigNumber>(decimalField(precision));
    const { value, dimensions } = calculation<BigNumber>(decimalField(precision + guardDigits));
    const rounded = roundDecimal(value, digits);
    if (roundDecimal(one.value, digits).text === rounded.text) return { ...rounded, dimensions };
    // sin(pi) is 0, and comes out smaller with each digit of pi.
    if (isNothing(one.value, precision) && isNothing(value, precision + guardDigits))
      return { ...roundDecimal(value.times(0), digits), dimensions };
  }
  return fail('not-converged');
}

function isNothing(value: BigNumber, precision: number): boolean {
  return value.isZero() || value.e < -(precision - guardDigits / 2);
}

function fail(name: 'not-understood' | 'not-converged'): never {
  throw new Failure(name);
}

/** @throws Failure too-large */
export function checkedDigits(digits: Digits | undefined): void {
  if (digits !== undefined && digits.count > limits.digitsAsked) throw new Failure('too-large');
}
