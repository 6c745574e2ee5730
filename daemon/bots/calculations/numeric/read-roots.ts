/** Questions for where a function is zero, or where two are equal. */
import type { BigNumber } from 'mathjs';
import { Failure } from '../failure.js';
import { decimalField } from '../formula/decimal.js';
import { evaluate } from '../formula/evaluate.js';
import { Elsewhere } from '../formula/field.js';
import { type Formula, parseFormula } from '../formula/formula.js';
import { type Digits, how, roundDecimal, roundExact, usualDigits } from '../formula/rounding.js';
import { limits } from '../limits.js';
import { formulaIn } from '../reading/phrases.js';
import type { Question } from '../reading/question.js';
import type { Result } from '../result.js';
import { functionOf, variableOf } from './function.js';
import { type Polynomial, polynomialOf, realRoots } from './polynomial.js';
import { rootPrecision, rootSteps, rootsBetween } from './roots.js';

const question =
  /^(?:the )?(?:all )?(?:real )?(?:(?:roots?|zeros?|zeroes|solutions?) (?:of|to|for)|solve(?: for ([a-z])[,:]?)?|solutions?:?) (?:the (?:equation|function|polynomial) )?(.+)$/i;
const interval =
  /^(.+?),? (?:(?:for ([a-z]) )?(?:between|from|in|on)(?: the interval)?) ?[[(]?(.+?)(?: and | to |, ?)(.+?)[\])]?$/i;
/** Answers have no more digits than the search. */
const mostDigits = 30;

export function readRoots({ text, digits }: Question): Result | undefined {
  if (text.length > limits.questionLength) return undefined;
  const [, first, rest] = question.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const [whole, inside, second, from, to] = interval.exec(rest) ?? [];
  const equation = (whole === undefined ? rest : (inside ?? '')).replace(/,? for [a-z]$/i, '');
  const { formula, text: understood } = parseFormula(differenceOf(equation));
  const variable = variableOf(formula);
  const wanted = first ?? second;
  if (wanted !== undefined && wanted !== variable) throw new Failure('not-understood');
  const asked = { ...(digits ?? { kind: 'significant', count: usualDigits }) } as const;
  const shown = { ...asked, count: Math.min(asked.count, mostDigits) };
  const ends = from !== undefined && to !== undefined ? ([boundOf(from), boundOf(to)] as const) : undefined;
  if (ends?.[0].gte(ends[1])) throw new Failure('not-understood');
  const polynomial = polynomialOf(formula, variable);
  const found =
    polynomial === undefined
      ? searched(formula, ends, shown)
      : ofPolynomial(polynomial, ends, digits && shown);
  if (found.values.length === 0) throw new Failure('no-root');
  const range = from === undefined ? '' : ` between ${from} and ${to}`;
  return {
    value: found.values.join(', '),
    computed: `${understood} = 0 for ${variable}${range}`,
    notes: [found.method],
  };
}

/** An equation as what is zero. */
function differenceOf(equation: string): string {
  const [left, right, ...more] = equation.split(/ ?= ?/);
  if (left === undefined || more.length > 0) throw new Failure('not-understood');
  const sides = [left, right ?? '0'].map(formulaIn);
  if (sides.some((side) => side === undefined || side === '')) throw new Failure('not-understood');
  return right === undefined || right === '0' ? (sides[0] ?? '') : `(${sides[0]}) - (${sides[1]})`;
}

function boundOf(text: string): BigNumber {
  const spelled = formulaIn(text);
  if (spelled === undefined) throw new Failure('not-understood');
  try {
    const { value, dimensions } = evaluate(parseFormula(spelled).formula, decimalField(rootPrecision));
    if (dimensions.size > 0) throw new Failure('not-understood');
    return value;
  } catch (error) {
    throw error instanceof Elsewhere ? new Failure('not-understood') : error;
  }
}

type Ends = readonly [BigNumber, BigNumber] | undefined;
interface Found {
  readonly values: readonly string[];
  readonly method: string;
}

function ofPolynomial(polynomial: Polynomial, ends: Ends, digits: Digits | undefined): Found {
  // Every number is a root of 0, none of 3.
  if (polynomial.length < 2) throw new Failure(polynomial.length === 0 ? 'not-defined' : 'no-root');
  const shown = realRoots(polynomial)
    .map((root) => roundExact(root, digits ?? { kind: 'significant', count: usualDigits }).text)
    .filter((text) => ends === undefined || (ends[0].lte(text) && ends[1].gte(text)));
  const accuracy = how(digits ?? { kind: 'significant', count: usualDigits });
  return { values: shown, method: `all real roots there, each once, ${accuracy}` };
}

function searched(formula: Formula, ends: Ends, digits: Digits): Found {
  if (ends === undefined) throw new Failure('no-interval');
  const f = functionOf(formula, decimalField(rootPrecision), limits.decimalOperations);
  const roots = rootsBetween(f, ...ends);
  return {
    values: roots.map((root) => roundDecimal(root, digits).text),
    method: `where the sign changes between ${rootSteps} steps, ${how(digits)}`,
  };
}
