/** Rational numbers: what of arithmetic is exact, in whole numbers of any size. */
import type { Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { limits } from '../limits.js';
import { Elsewhere, type Field } from './field.js';
import { math } from './math.js';

export function ratio(numerator: bigint, denominator = 1n): Fraction {
  if (denominator === 0n) throw new Failure('divided-by-zero');
  return math.fraction(numerator, denominator);
}

export function numeratorOf(value: Fraction): bigint {
  return value.s * value.n;
}

/** A decimal like `-1.5e-3` as a fraction. */
export function fractionOf(text: string): Fraction {
  const [, sign = '', whole = '', part = '', exponent = '0'] =
    /^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(text) ?? [];
  if (whole + part === '') throw new Failure('not-understood');
  const scale = Number(exponent) - part.length;
  if (Math.abs(scale) > limits.wholeDigits) throw new Failure('too-large');
  const digits = BigInt(sign + whole + part);
  return scale >= 0 ? ratio(digits * 10n ** BigInt(scale)) : ratio(digits, 10n ** BigInt(-scale));
}

type Call = (...args: readonly Fraction[]) => Fraction;

const calls: Readonly<Record<string, Call>> = {
  add: (a, b) => bounded(of(a).add(of(b))),
  subtract: (a, b) => bounded(of(a).sub(of(b))),
  multiply: (a, b) => bounded(of(a).mul(of(b))),
  divide: (a, b) => quotient(of(a), of(b)),
  unaryMinus: (a) => of(a).neg(),
  unaryPlus: (a) => of(a),
  abs: (a) => of(a).abs(),
  floor: (a) => ratio(floor(of(a))),
  ceil: (a) => ratio(-floor(of(a).neg())),
  round: (a) => ratio(round(of(a))),
  sign: (a) => ratio(BigInt(of(a).compare(0))),
  mod: (a, b) => {
    const whole = floor(quotient(of(a), of(b)));
    return of(a).sub(of(b).mul(ratio(whole)));
  },
  pow: (a, b) => power(of(a), of(b)),
  factorial: (a) => ratio(factorial(count(a))),
  combinations: (n, k) => ratio(combinations(count(n), count(k))),
  permutations: (n, k) => ratio(permutations(count(n), count(k))),
};

/** Of at least one argument. */
const lists: Readonly<Record<string, (args: readonly Fraction[]) => Fraction>> = {
  gcd: (args) => ratio(args.map(whole).reduce(gcd)),
  lcm: (args) => bounded(ratio(args.map(whole).reduce(lcm))),
  min: (args) => args.reduce((least, value) => (value.compare(least) < 0 ? value : least)),
  max: (args) => args.reduce((most, value) => (value.compare(most) > 0 ? value : most)),
};

export const exactField: Field<Fraction> = {
  number: fractionOf,
  constant: () => undefined,
  call(name, args) {
    const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
    if (call !== undefined) {
      if (call.length !== args.length) throw new Failure('not-understood');
      return call(...args);
    }
    const list = Object.hasOwn(lists, name) ? lists[name] : undefined;
    if (list === undefined || args.length === 0) throw new Elsewhere();
    return list(args);
  },
  whole: (value) => (value.d === 1n && value.n < 1_000_000n ? Number(numeratorOf(value)) : undefined),
};

function of(value: Fraction | undefined): Fraction {
  if (value === undefined) throw new Failure('not-understood');
  return value;
}

function quotient(a: Fraction, b: Fraction): Fraction {
  if (b.n === 0n) throw new Failure('divided-by-zero');
  if (a.d === 1n && b.d === 1n && a.n % b.n === 0n) return ratio((a.s * b.s * a.n) / b.n);
  if (Math.max(digitsOf(a.n), digitsOf(b.n)) > limits.fractionDigits) throw new Elsewhere();
  return bounded(a.div(b));
}

/** The wholeness that counting and dividing without rest need. */
function whole(value: Fraction | undefined): bigint {
  const number = of(value);
  if (number.d !== 1n) throw new Failure('not-defined');
  return numeratorOf(number);
}

function count(value: Fraction | undefined): bigint {
  const number = of(value);
  // The gamma function continues it.
  if (number.d !== 1n) throw new Elsewhere();
  if (number.s < 0n) throw new Failure('not-defined');
  return number.n;
}

function floor(value: Fraction): bigint {
  const numerator = numeratorOf(value);
  const down = numerator / value.d;
  return numerator < 0n && down * value.d !== numerator ? down - 1n : down;
}

/** Halves go away from zero. */
function round(value: Fraction): bigint {
  return value.s * floor(value.abs().add(ratio(1n, 2n)));
}

function digitsOf(value: bigint): number {
  return value.toString(16).length * 1.21;
}

function bounded(value: Fraction): Fraction {
  if (Math.max(digitsOf(value.n), digitsOf(value.d)) > 4 * limits.wholeDigits) throw new Failure('too-large');
  return value;
}

function power(base: Fraction, exponent: Fraction): Fraction {
  if (exponent.d !== 1n) throw new Elsewhere();
  if (base.n === 0n && exponent.s < 0n) throw new Failure('divided-by-zero');
  if (base.n === 0n && exponent.n === 0n) return ratio(1n);
  const digits = Math.max(digitsOf(base.n), digitsOf(base.d)) * Number(exponent.n);
  const most = base.d === 1n && exponent.s >= 0n ? limits.wholeDigits : limits.fractionDigits;
  if (digits > most && base.n !== base.d && base.n !== 0n) throw new Elsewhere();
  if (base.n === base.d || base.n === 0n) return base.s < 0n && exponent.n % 2n === 0n ? base.neg() : base;
  const [n, d] = [base.n ** exponent.n, base.d ** exponent.n];
  const sign = base.s < 0n && exponent.n % 2n === 1n ? -1n : 1n;
  return exponent.s < 0n ? ratio(sign * d, n) : ratio(sign * n, d);
}

function factorial(n: bigint): bigint {
  return permutations(n, n);
}

function permutations(n: bigint, k: bigint): bigint {
  if (k > n) return 0n;
  if (k > BigInt(limits.factors) || Number(k) * digitsOf(n) > 4 * limits.wholeDigits)
    throw new Failure('too-large');
  let product = 1n;
  for (let factor = n - k + 1n; factor <= n; factor += 1n) product *= factor;
  return product;
}

function combinations(n: bigint, k: bigint): bigint {
  if (k > n) return 0n;
  const few = k < n - k ? k : n - k;
  return permutations(n, few) / permutations(few, few);
}

export function gcd(a: bigint, b: bigint): bigint {
  let [one, other] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (other !== 0n) [one, other] = [other, one % other];
  return one;
}

function lcm(a: bigint, b: bigint): bigint {
  if (a === 0n || b === 0n) return 0n;
  const product = (a / gcd(a, b)) * b;
  return product < 0n ? -product : product;
}
