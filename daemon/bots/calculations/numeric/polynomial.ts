/** Polynomials with rational coefficients: their real roots are counted exactly (Sturm's theorem), so that none is missed and none invented. */
import type { Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { fractionOf, ratio } from '../formula/exact.js';
import type { Formula } from '../formula/formula.js';
import { limits } from '../limits.js';

/** Coefficients from that of the constant on; the last one is not zero. */
export type Polynomial = readonly Fraction[];

const zero = ratio(0n);
const oneHalf = ratio(1n, 2n);

function trimmed(coefficients: readonly Fraction[]): Polynomial {
  let length = coefficients.length;
  while (length > 0 && coefficients[length - 1]?.n === 0n) length -= 1;
  if (length > limits.degree + 1) throw new Failure('too-large');
  return coefficients.slice(0, length);
}

function at(polynomial: Polynomial, index: number): Fraction {
  return polynomial[index] ?? zero;
}

function sum(a: Polynomial, b: Polynomial): Polynomial {
  return trimmed(
    Array.from({ length: Math.max(a.length, b.length) }, (_, index) => at(a, index).add(at(b, index))),
  );
}

function product(a: Polynomial, b: Polynomial): Polynomial {
  const coefficients = new Array<Fraction>(Math.max(0, a.length + b.length - 1)).fill(zero);
  if (coefficients.length > limits.degree + 1) throw new Failure('too-large');
  a.forEach((one, left) => {
    b.forEach((other, right) => {
      coefficients[left + right] = (coefficients[left + right] ?? zero).add(one.mul(other));
    });
  });
  return trimmed(coefficients);
}

/** Undefined for what is no polynomial in `variable`. */
export function polynomialOf(formula: Formula, variable: string): Polynomial | undefined {
  if (formula.kind === 'number') return trimmed([fractionOf(formula.text)]);
  if (formula.kind === 'name') return formula.name === variable ? [zero, ratio(1n)] : undefined;
  const parts = formula.args.map((part) => polynomialOf(part, variable));
  const [one, other] = parts;
  if (one === undefined || (parts.length > 1 && other === undefined)) return undefined;
  const negative = (polynomial: Polynomial) => polynomial.map((value) => value.neg());
  switch (formula.name) {
    case 'unaryMinus':
      return negative(one);
    case 'unaryPlus':
      return one;
    case 'add':
      return sum(one, other ?? []);
    case 'subtract':
      return sum(one, negative(other ?? []));
    case 'multiply':
      return product(one, other ?? []);
    case 'divide':
      return other?.length === 1 ? one.map((value) => value.div(at(other, 0))) : undefined;
    case 'pow':
      return powered(one, other ?? []);
    default:
      return undefined;
  }
}

function powered(base: Polynomial, exponent: Polynomial): Polynomial | undefined {
  if (exponent.length > 1) return undefined;
  const power = at(exponent, 0);
  if (power.d !== 1n || power.s < 0n || power.n > BigInt(limits.degree)) return undefined;
  let result: Polynomial = [ratio(1n)];
  for (let count = 0n; count < power.n; count += 1n) result = product(result, base);
  return result;
}

function derivative(polynomial: Polynomial): Polynomial {
  return trimmed(polynomial.slice(1).map((value, index) => value.mul(ratio(BigInt(index + 1)))));
}

function divided(a: Polynomial, b: Polynomial): { quotient: Polynomial; rest: Polynomial } {
  const rest = [...a];
  const quotient = new Array<Fraction>(Math.max(0, a.length - b.length + 1)).fill(zero);
  for (let shift = a.length - b.length; shift >= 0; shift -= 1) {
    const factor = at(rest, shift + b.length - 1).div(at(b, b.length - 1));
    quotient[shift] = factor;
    b.forEach((value, index) => {
      rest[shift + index] = at(rest, shift + index).sub(factor.mul(value));
    });
  }
  return { quotient: trimmed(quotient), rest: trimmed(rest) };
}

function greatestCommon(a: Polynomial, b: Polynomial): Polynomial {
  let [one, other] = [a, b];
  while (other.length > 0) [one, other] = [other, monic(divided(one, other).rest)];
  return monic(one);
}

/** Divided by a positive number, which keeps what Sturm's theorem needs: the sign. */
function monic(polynomial: Polynomial): Polynomial {
  const lead = at(polynomial, polynomial.length - 1).abs();
  if (lead.n.toString(16).length > limits.fractionDigits) throw new Failure('too-large');
  return lead.n === 0n ? polynomial : polynomial.map((value) => value.div(lead));
}

/** Each root once. */
function squareFree(polynomial: Polynomial): Polynomial {
  return divided(polynomial, greatestCommon(polynomial, derivative(polynomial))).quotient;
}

function valueAt(polynomial: Polynomial, x: Fraction): Fraction {
  return polynomial.reduceRight((value, coefficient) => value.mul(x).add(coefficient), zero);
}

function sturmChain(polynomial: Polynomial): readonly Polynomial[] {
  const chain = [polynomial, derivative(polynomial)];
  for (;;) {
    const [one = [], other = []] = chain.slice(-2);
    if (other.length <= 1) return chain;
    const { rest } = divided(one, other);
    if (rest.length === 0) return chain;
    chain.push(monic(rest.map((value) => value.neg())));
  }
}

function signChanges(chain: readonly Polynomial[], x: Fraction): number {
  const signs = chain.map((polynomial) => valueAt(polynomial, x).compare(0)).filter((sign) => sign !== 0);
  return signs.filter((sign, index) => index > 0 && sign !== signs[index - 1]).length;
}

/** Beyond all roots: Cauchy's bound. */
function boundOf(polynomial: Polynomial): Fraction {
  const highest = monic(polynomial).reduce(
    (most, value) => (value.abs().compare(most) > 0 ? value.abs() : most),
    zero,
  );
  return ratio(highest.n / highest.d + 2n);
}

/** Bits that a root is known to after it stands alone. */
const bits = 100;

/** Real roots in rising order, each once, exact where they are halves of halves. */
export function realRoots(polynomial: Polynomial): readonly Fraction[] {
  const simple = squareFree(polynomial);
  const chain = sturmChain(simple);
  const bound = boundOf(simple);
  return isolated(chain, bound.neg(), bound).map(([left, right]) => bisected(simple, left, right));
}

/** Intervals, open to the left, with one root each. */
function isolated(chain: readonly Polynomial[], left: Fraction, right: Fraction): [Fraction, Fraction][] {
  const count = signChanges(chain, left) - signChanges(chain, right);
  if (count === 0) return [];
  if (count === 1) return [[left, right]];
  const middle = left.add(right).mul(oneHalf);
  return [...isolated(chain, left, middle), ...isolated(chain, middle, right)];
}

function bisected(polynomial: Polynomial, left: Fraction, right: Fraction): Fraction {
  if (valueAt(polynomial, right).n === 0n) return right;
  let [low, high] = [left, right];
  const atHigh = valueAt(polynomial, high).compare(0);
  for (let bit = 0; bit < bits; bit += 1) {
    const middle = low.add(high).mul(oneHalf);
    const sign = valueAt(polynomial, middle).compare(0);
    if (sign === 0) return middle;
    if (sign === atHigh) high = middle;
    else low = middle;
  }
  return low.add(high).mul(oneHalf);
}
