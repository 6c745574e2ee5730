import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../failure.js';
import { parseFormula } from './formula.js';
import { formulaValue } from './value.js';

/** The value, or the name of the failure. */
function value(text: string, count?: number): string {
  try {
    const digits = count === undefined ? undefined : ({ kind: 'significant', count } as const);
    return formulaValue(parseFormula(text).formula, digits).text;
  } catch (error) {
    if (error instanceof Failure) return error.failure;
    throw error;
  }
}

test.each([
  ['0.1 + 0.2', '0.3'],
  ['2^3^2', '512'],
  ['-2^2', '-4'],
  ['(-2)^3', '-8'],
  ['2^-2', '0.25'],
  ['0^0', '1'],
  ['350 + 12%', '392'],
  ['-7 mod 3', '2'],
  ['0xff + 1', '256'],
  ['5! / 3!', '20'],
  ['sin(pi)', '0'],
  ['exp(log(2))', '2'],
  ['sqrt(2)^2', '2'],
  ['nthRoot(-27, 3)', '-3'],
  ['e^(i * pi)', '-1'],
  ['(1 + i)^2', '2i'],
  ['1 / (1 - i)', '0.5 + 0.5i'],
  ['round(-2.5)', '-3'],
])('%s is %s', (text, expected) => {
  expect(value(text)).toBe(expected);
});

test('decimals have as many digits as are asked for, all of them right', () => {
  expect(value('pi', 60)).toBe('3.14159265358979323846264338327950288419716939937510582097494');
  // What is small is not nothing.
  expect(value('(1/3)^9999 + (1/7)^9999', 3)).toBe('1.84e-4771');
  // Nearly a whole number: what double precision makes of it is one.
  expect(value('exp(pi * sqrt(163))', 35)).toBe('262537412640768743.99999999999925007');
});

test.each([
  ['1 / 0', 'divided-by-zero'],
  ['0^-1', 'divided-by-zero'],
  ['ln(0)', 'not-defined'],
  ['(-1)!', 'not-defined'],
  ['9^9^9^9', 'too-large'],
  ['1e9!', 'too-large'],
  ['1e99999999', 'too-large'],
  ['combinations(1e9, 5e8)', 'too-large'],
  ['sin(10^5000)', 'too-large'],
  [`${'('.repeat(41)}1${')'.repeat(41)}`, 'too-deep'],
  ['1%(2%('.repeat(9), 'too-deep'],
  ['1 + '.repeat(500), 'too-long'],
])('%s is %s', (text, failure) => {
  expect(value(text)).toBe(failure);
});

describe('what mathjs has beyond formulas is not understood', () => {
  test.each([
    ...[
      'a = 1',
      'f(x) = x',
      '1; 2',
      '[1, 2]',
      '{a: 1}',
      '"text"',
      '1:3',
      '1 > 0',
      'x.y',
      'x[1]',
      '1 ? 2 : 3',
    ],
    ...[
      "import('fs')",
      'createUnit("x")',
      'evaluate("1")',
      'parse("1")',
      'simplify("x")',
      'derivative("x", "x")',
    ],
    ...[
      'constructor(1)',
      '__proto__',
      'toString',
      'hasOwnProperty(1)',
      'valueOf(1)',
      'add(1, 2)',
      'config(1)',
    ],
    ...['random()', 'ones(1000000000)', 'sqrt', 'sqrt()', 'sqrt(1, 2)', '1 to 2', 'true', 'null', "1'"],
  ])('%s', (text) => {
    expect(value(text)).toBe('not-understood');
  });
});

/** Exact rational numbers again, in the test's own words. */
type Ratio = readonly [bigint, bigint];
interface Sample {
  readonly text: string;
  readonly value: Ratio | null;
}

const numbers: fc.Arbitrary<Sample> = fc
  .tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: 0, max: 3 }))
  .map(([units, places]) => {
    const size = Math.abs(units)
      .toString()
      .padStart(places + 1, '0');
    const point = size.length - places;
    const text = places === 0 ? size : `${size.slice(0, point)}.${size.slice(point)}`;
    return { text: units < 0 ? `(-${text})` : text, value: [BigInt(units), 10n ** BigInt(places)] };
  });

function combine(operator: string, [a, b]: Ratio, [c, d]: Ratio): Ratio | null {
  if (operator === '+') return [a * d + c * b, b * d];
  if (operator === '-') return [a * d - c * b, b * d];
  if (operator === '*') return [a * c, b * d];
  return c === 0n ? null : [a * d, b * c];
}

const { formulas } = fc.letrec<{ formulas: Sample }>((tie) => ({
  formulas: fc.oneof(
    { maxDepth: 5 },
    numbers,
    fc
      .tuple(tie('formulas'), fc.constantFrom('+', '-', '*', '/'), tie('formulas'))
      .map(([one, operator, other]) => ({
        text: `(${one.text} ${operator} ${other.text})`,
        value: one.value && other.value && combine(operator, one.value, other.value),
      })),
  ),
}));

test('arithmetic is exact', () => {
  fc.assert(
    fc.property(formulas, ({ text, value: expected }) => {
      // Its difference from the right value is nothing at all.
      const told = expected === null ? text : `${text} - (${expected[0]}) / (${expected[1]})`;
      expect(value(told)).toBe(expected === null ? 'divided-by-zero' : '0');
    }),
    { numRuns: 300 },
  );
});
