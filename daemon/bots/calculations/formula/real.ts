/** Numbers in double precision: quick, for the thousands of values that an integral takes. */
import { Failure } from '../failure.js';
import { Elsewhere, type Field } from './field.js';

const constants: Readonly<Record<string, number>> = {
  pi: Math.PI,
  tau: 2 * Math.PI,
  e: Math.E,
  phi: (1 + Math.sqrt(5)) / 2,
};

type Call = (a: number, b: number) => number;

const calls: Readonly<Record<string, Call>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => quotient(a, b),
  unaryMinus: (a) => -a,
  unaryPlus: (a) => a,
  pow: (a, b) => (a === 0 && b < 0 ? quotient(1, 0) : a ** b),
  mod: (a, b) => a - b * Math.floor(quotient(a, b)),
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  sign: Math.sign,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  exp: Math.exp,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  logarithm: (a, b) => quotient(Math.log(a), Math.log(b)),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
};

const pairs: ReadonlySet<string> = new Set([
  ...['add', 'subtract', 'multiply', 'divide', 'pow', 'mod', 'logarithm', 'atan2'],
]);

/** Values that are no finite numbers are for another field. */
export const realField: Field<number> = {
  number: Number,
  constant: (name) => (Object.hasOwn(constants, name) ? constants[name] : undefined),
  call(name, [one = Number.NaN, other = Number.NaN, ...more]) {
    const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
    if (call === undefined) throw new Elsewhere();
    if (pairs.has(name) === Number.isNaN(other) || more.length > 0) throw new Elsewhere();
    const value = call(one, other);
    if (!Number.isFinite(value)) throw new Elsewhere();
    return value;
  },
  whole: (value) => (Number.isSafeInteger(value) ? value : undefined),
};

function quotient(a: number, b: number): number {
  if (b === 0) throw new Failure('divided-by-zero');
  return a / b;
}
