/** Decimals of a given number of digits: roots, logarithms and what is round a circle. */
import type { BigNumber, Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { limits } from '../limits.js';
import { numeratorOf } from './exact.js';
import { Elsewhere, type Field } from './field.js';
import { math } from './math.js';

type Decimal = BigNumber;
/** mathjs' class, which is decimal.js'; each precision is a class of its own. */
type DecimalClass = {
  new (value: string | number | Decimal): Decimal;
  clone(options: { precision: number; rounding: number; toExpNeg: number; toExpPos: number }): DecimalClass;
  acos(value: number): Decimal;
  max(...values: Decimal[]): Decimal;
  min(...values: Decimal[]): Decimal;
  atan2(y: Decimal, x: Decimal): Decimal;
  hypot(...values: Decimal[]): Decimal;
};

/** Digits that calculations have beyond those that are asked for. */
export const guardDigits = 25;
const roundHalfUp = 4;

/** Numbers with this many significant digits; halves are rounded away from zero. */
export function decimals(precision: number): DecimalClass {
  const base = math.bignumber(0).constructor as unknown as DecimalClass;
  return base.clone({ precision, rounding: roundHalfUp, toExpNeg: -7, toExpPos: 21 });
}

export function decimalOf(value: Fraction, Decimal: DecimalClass): Decimal {
  return new Decimal(numeratorOf(value).toString()).div(new Decimal(value.d.toString()));
}

export function decimalField(precision: number): Field<Decimal> {
  const Decimal = decimals(precision);
  const pi = Decimal.acos(-1);
  const constants: Readonly<Record<string, () => Decimal>> = {
    pi: () => pi,
    tau: () => pi.times(2),
    e: () => new Decimal(1).exp(),
    phi: () => new Decimal(5).sqrt().plus(1).div(2),
  };
  const calls = callsOf(Decimal);
  let work = 0;
  return {
    number: (text) => new Decimal(text),
    constant: (name) => (Object.hasOwn(constants, name) ? constants[name]?.() : undefined),
    call(name, args) {
      const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
      if (call === undefined) throw new Elsewhere();
      if (call.length !== args.length && call.length > 0) throw new Failure('not-understood');
      work += precision ** 3;
      if (work > limits.decimalWork) throw new Failure('too-large');
      return checked(bounded(() => call(...args)));
    },
    whole: (value) => (value.isInteger() && value.abs().lt(1e6) ? value.toNumber() : undefined),
  };
}

/** decimal.js knows pi to 1,025 digits: the sine of a larger number is beyond it. */
function bounded(work: () => Decimal): Decimal {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure || error instanceof Elsewhere) throw error;
    throw new Failure('too-large');
  }
}

function checked(value: Decimal): Decimal {
  // Of what has a value in complex numbers only.
  if (value.isNaN()) throw new Elsewhere();
  if (!value.isFinite()) throw new Failure('too-large');
  return value;
}

type Call = (...args: Decimal[]) => Decimal;

function callsOf(Decimal: DecimalClass): Readonly<Record<string, Call>> {
  const value = (a: Decimal | undefined): Decimal => a ?? new Decimal(Number.NaN);
  const root = (a: Decimal, n: Decimal): Decimal => {
    if (n.isZero()) throw new Failure('divided-by-zero');
    const odd = n.isInteger() && !n.mod(2).isZero();
    return a.isNeg() && odd ? a.neg().pow(new Decimal(1).div(n)).neg() : a.pow(new Decimal(1).div(n));
  };
  const log = (a: Decimal): Decimal => {
    if (a.isZero()) throw new Failure('not-defined');
    return a.ln();
  };
  const quotient = (a: Decimal, b: Decimal): Decimal => {
    if (b.isZero()) throw new Failure('divided-by-zero');
    return a.div(b);
  };
  return {
    add: (a, b) => value(a).plus(value(b)),
    subtract: (a, b) => value(a).minus(value(b)),
    multiply: (a, b) => value(a).times(value(b)),
    divide: (a, b) => quotient(value(a), value(b)),
    unaryMinus: (a) => value(a).neg(),
    unaryPlus: (a) => value(a),
    pow: (a, b) => {
      if (value(a).isZero() && value(b).isNeg()) throw new Failure('divided-by-zero');
      return value(a).pow(value(b));
    },
    mod: (a, b) => value(a).minus(value(b).times(quotient(value(a), value(b)).floor())),
    abs: (a) => value(a).abs(),
    floor: (a) => value(a).floor(),
    ceil: (a) => value(a).ceil(),
    round: (a) => value(a).round(),
    sign: (a) => new Decimal(value(a).isZero() ? 0 : value(a).isNeg() ? -1 : 1),
    sqrt: (a) => value(a).sqrt(),
    cbrt: (a) => value(a).cbrt(),
    nthRoot: (a, n) => root(value(a), value(n)),
    exp: (a) => value(a).exp(),
    ln: (a) => log(value(a)),
    log10: (a) => quotient(log(value(a)), new Decimal(10).ln()),
    log2: (a) => quotient(log(value(a)), new Decimal(2).ln()),
    logarithm: (a, b) => quotient(log(value(a)), log(value(b))),
    sin: (a) => value(a).sin(),
    cos: (a) => value(a).cos(),
    tan: (a) => value(a).tan(),
    asin: (a) => value(a).asin(),
    acos: (a) => value(a).acos(),
    atan: (a) => value(a).atan(),
    atan2: (y, x) => Decimal.atan2(value(y), value(x)),
    sinh: (a) => value(a).sinh(),
    cosh: (a) => value(a).cosh(),
    tanh: (a) => value(a).tanh(),
    asinh: (a) => value(a).asinh(),
    acosh: (a) => value(a).acosh(),
    atanh: (a) => value(a).atanh(),
    min: (...args) => Decimal.min(...args),
    max: (...args) => Decimal.max(...args),
    hypot: (...args) => Decimal.hypot(...args),
  };
}
