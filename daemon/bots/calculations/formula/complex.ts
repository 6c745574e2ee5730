/** Complex numbers, and functions that are known in double precision only: about 15 digits. */
import type { Complex } from 'mathjs';
import { Failure } from '../failure.js';
import { Elsewhere, type Field } from './field.js';
import { math } from './math.js';

export type ComplexValue = number | Complex;

/** Digits that hold after a few operations. */
export const complexDigits = 13;

const constants: Readonly<Record<string, ComplexValue>> = {
  pi: Math.PI,
  tau: 2 * Math.PI,
  e: Math.E,
  phi: (1 + Math.sqrt(5)) / 2,
};

/** Names of functions of mathjs, with how many arguments they are called here. */
const functions: Readonly<Record<string, number>> = {
  ...{
    add: 2,
    subtract: 2,
    multiply: 2,
    divide: 2,
    pow: 2,
    unaryMinus: 1,
    abs: 1,
    arg: 1,
    conj: 1,
    re: 1,
    im: 1,
  },
  ...{ sqrt: 1, exp: 1, sin: 1, cos: 1, tan: 1, asin: 1, acos: 1, atan: 1 },
  ...{ sinh: 1, cosh: 1, tanh: 1, asinh: 1, acosh: 1, atanh: 1, gamma: 1, erf: 1 },
};

type Call = (...args: readonly ComplexValue[]) => ComplexValue;

const calls: Readonly<Record<string, Call>> = {
  unaryPlus: (a) => a ?? Number.NaN,
  ln: (a) => math.log(a as number) as ComplexValue,
  log10: (a) => call('divide', [math.log(a as number) as ComplexValue, Math.LN10]),
  log2: (a) => call('divide', [math.log(a as number) as ComplexValue, Math.LN2]),
  factorial: (a) => call('gamma', [call('add', [a ?? Number.NaN, 1])]),
};

function call(name: string, args: readonly ComplexValue[]): ComplexValue {
  try {
    return (math as unknown as Readonly<Record<string, Call>>)[name]?.(...args) ?? Number.NaN;
  } catch (error) {
    // A function that mathjs has for real numbers only, such as erf.
    throw error instanceof TypeError ? new Elsewhere() : error;
  }
}

export const complexField: Field<ComplexValue> = {
  number: Number,
  constant: (name) => {
    if (name === 'i') return math.complex(0, 1);
    return Object.hasOwn(constants, name) ? constants[name] : undefined;
  },
  call(name, args) {
    if (name === 'divide' && isZero(args[1])) throw new Failure('divided-by-zero');
    if (['ln', 'log10', 'log2'].includes(name) && isZero(args[0])) throw new Failure('not-defined');
    if (Object.hasOwn(functions, name)) {
      if (functions[name] !== args.length) throw new Failure('not-understood');
      return checked(call(name, args));
    }
    const own = Object.hasOwn(calls, name) ? calls[name] : undefined;
    if (own === undefined) throw new Elsewhere();
    if (args.length !== 1) throw new Failure('not-understood');
    return checked(own(...args));
  },
  whole: (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined),
};

function isZero(value: ComplexValue | undefined): boolean {
  return typeof value === 'number' ? value === 0 : value?.re === 0 && value.im === 0;
}

function checked(value: ComplexValue): ComplexValue {
  const parts = typeof value === 'number' ? [value] : [value.re, value.im];
  if (parts.some(Number.isNaN)) throw new Failure('not-defined');
  if (!parts.every(Number.isFinite)) throw new Failure('too-large');
  return value;
}
