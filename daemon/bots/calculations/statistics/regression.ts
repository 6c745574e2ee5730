/** Least squares, exactly: the normal equations in whole numbers, solved without rounding (Bareiss 1968), however badly conditioned they are. */
import type { Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { ratio } from '../formula/exact.js';
import { limits } from '../limits.js';
import { type Column, products, scaled, sum } from './column.js';

export interface Regression {
  readonly coefficients: readonly Fraction[];
  /** Of each coefficient; none where there are no degrees of freedom. */
  readonly variances: readonly Fraction[];
  readonly degreesOfFreedom: number;
  readonly residualSumOfSquares: Fraction;
  /** About the mean; about zero where there is no constant. */
  readonly totalSumOfSquares: Fraction;
}

export function ones(count: number): Column {
  return { units: new Array<bigint>(count).fill(1n), scale: 0 };
}

export function powers(column: Column, degree: number): readonly Column[] {
  return Array.from({ length: degree }, (_, index) => ({
    units: column.units.map((value) => value ** BigInt(index + 1)),
    scale: column.scale * (index + 1),
  }));
}

/** @throws Failure too-few-values, lists-differ, singular, too-large */
export function regress(response: Column, predictors: readonly Column[], constant: boolean): Regression {
  const count = response.units.length;
  if (predictors.some(({ units }) => units.length !== count)) throw new Failure('lists-differ');
  if (predictors.length > limits.predictors) throw new Failure('too-large');
  const columns = constant ? [ones(count), ...predictors] : predictors;
  if (count < columns.length) throw new Failure('too-few-values');
  const normal = columns.map((one) => columns.map((other) => products(one.units, other.units)));
  const right = columns.map((one) => products(one.units, response.units));
  const { determinant, solution, inverse } = solved(normal, right);
  // In units of the columns.
  const inUnits = solution.map((value) => ratio(value, determinant));
  const explained = inUnits.reduce(
    (total, value, index) => total.add(value.mul(ratio(right[index] ?? 0n))),
    ratio(0n),
  );
  const squares = products(response.units, response.units);
  const total = sum(response.units);
  const residual = ratio(squares)
    .sub(explained)
    .div(ratio(10n ** BigInt(2 * response.scale)));
  const degreesOfFreedom = count - columns.length;
  const spread = degreesOfFreedom === 0 ? undefined : residual.div(ratio(BigInt(degreesOfFreedom)));
  return {
    coefficients: inUnits.map((value, index) =>
      value.mul(powerOfTen((columns[index]?.scale ?? 0) - response.scale)),
    ),
    variances:
      spread === undefined
        ? []
        : inverse.map((value, index) =>
            ratio(value, determinant)
              .mul(spread)
              .mul(powerOfTen(2 * (columns[index]?.scale ?? 0))),
          ),
    degreesOfFreedom,
    residualSumOfSquares: residual,
    totalSumOfSquares: constant
      ? scaled(BigInt(count) * squares - total * total, 2 * response.scale, BigInt(count))
      : scaled(squares, 2 * response.scale),
  };
}

function powerOfTen(power: number): Fraction {
  return power >= 0 ? ratio(10n ** BigInt(power)) : ratio(1n, 10n ** BigInt(-power));
}

/** The solution and the inverse's diagonal, each to be divided by the determinant. */
function solved(matrix: readonly (readonly bigint[])[], right: readonly bigint[]) {
  const size = right.length;
  const rows = matrix.map((row, index) => [
    ...row,
    right[index] ?? 0n,
    ...row.map((_, column) => (column === index ? 1n : 0n)),
  ]);
  let before = 1n;
  for (let step = 0; step < size; step += 1) {
    // A matrix of products has no zero on its way but where columns depend on each other.
    const pivotRow = rows[step] ?? [];
    const pivot = pivotRow[step] ?? 0n;
    if (pivot === 0n) throw new Failure('singular');
    rows.forEach((row, index) => {
      if (index === step) return;
      const factor = row[step] ?? 0n;
      rows[index] = row.map((value, column) => (value * pivot - factor * (pivotRow[column] ?? 0n)) / before);
    });
    before = pivot;
  }
  return {
    determinant: before,
    solution: rows.map((row) => row[size] ?? 0n),
    inverse: rows.map((row, index) => row[size + 1 + index] ?? 0n),
  };
}
