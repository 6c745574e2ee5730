/** Questions for a definite integral: `integrate x^2 from 0 to 3`. */
import type { BigNumber } from 'mathjs';
import { Failure } from '../failure.js';
import { decimalField, decimals } from '../formula/decimal.js';
import { evaluate } from '../formula/evaluate.js';
import { Elsewhere } from '../formula/field.js';
import { type Formula, parseFormula } from '../formula/formula.js';
import { realField } from '../formula/real.js';
import { type Digits, how, roundDecimal } from '../formula/rounding.js';
import { limits } from '../limits.js';
import { formulaIn } from '../reading/phrases.js';
import type { Reader } from '../reading/reader.js';
import { functionOf, variableOf } from './function.js';
import { type Bound, type Integral, integral, type Line } from './integrate.js';

const before =
  /^(?:the )?(?:definite )?(?:integrate|integral of|integration of|area under(?: the curve)?(?: of)?) (?:y = ?|f\(x\) = ?)?(.+?)(?:[ *]d([a-z]))?(?: with respect to ([a-z]))?,? (?:from|between|for|over) (?:([a-z]) ?(?:=|from) ?)?(.+?) (?:to|and) (.+?)(?: d([a-z])| with respect to ([a-z]))?$/i;
const behind =
  /^(?:the )?(?:definite )?(?:integral|integrate) from (?:([a-z]) ?= ?)?(.+?) to (.+?) of (.+?)(?:[ *]d([a-z]))?$/i;

/** Significant digits of an answer, at most. */
const mostDigits = 12;
const precision = 52;

interface Asked {
  readonly integrand: string;
  readonly from: string;
  readonly to: string;
  readonly variable: string | undefined;
}

function askedBy(text: string): Asked | undefined {
  const [, end, low, high, inside, by] = behind.exec(text) ?? [];
  if (inside !== undefined && low !== undefined && high !== undefined)
    return { integrand: inside, from: low, to: high, variable: end ?? by };
  const [, integrand, first, second, name, from, to, third, fourth] = before.exec(text) ?? [];
  if (integrand === undefined || from === undefined || to === undefined) return undefined;
  return { integrand, from, to, variable: first ?? second ?? name ?? third ?? fourth };
}

export const readIntegral: Reader = ({ text, digits }) => {
  if (text.length > limits.questionLength) return undefined;
  const asked = askedBy(text);
  if (asked === undefined) return undefined;
  const spelled = formulaIn(asked.integrand);
  if (spelled === undefined) throw new Failure('not-understood');
  const { formula, text: understood } = parseFormula(spelled);
  const variable = variableOf(formula);
  // A constant has no variable of its own, and is taken for one of `x`.
  if (asked.variable !== undefined && asked.variable !== variable && variable !== 'x')
    throw new Failure('not-understood');
  const found = between(formula, boundOf(asked.from), boundOf(asked.to));
  const shown = shownDigits(found, digits);
  return {
    value: roundDecimal(new Decimal(shown === undefined ? 0 : found.value), shown).text,
    computed: `integral of ${understood} for ${variable} from ${asked.from} to ${asked.to}`,
    notes: [
      `double exponential rule, ${how(shown ?? { kind: 'significant', count: mostDigits })}`,
      'a peak narrower than a thousandth of the interval can be missed',
    ],
  };
};

/** No more digits than the rule is good for; undefined where parts cancel to nothing. */
function shownDigits({ value, size }: Integral, digits: Digits | undefined): Digits | undefined {
  const lost = Math.ceil(Math.log10(size / Math.abs(value)));
  const good = Number.isFinite(lost) ? mostDigits - Math.max(0, lost) : 0;
  if (good < 1) return undefined;
  const most = { kind: 'significant', count: good } as const;
  if (digits?.kind === 'places') {
    const first = Math.floor(Math.log10(Math.abs(value)));
    return digits.count + first + 1 <= good ? digits : most;
  }
  return digits !== undefined && digits.count < good ? digits : most;
}

function boundOf(text: string): Bound<BigNumber> {
  const bare = text.trim().toLowerCase();
  if (/^\+?(?:inf|infinity|plus infinity)$/.test(bare)) return 'infinity';
  if (/^(?:- ?|minus )(?:inf|infinity)$/.test(bare)) return '-infinity';
  const spelled = formulaIn(text);
  if (spelled === undefined) throw new Failure('not-understood');
  try {
    const { value, dimensions } = evaluate(parseFormula(spelled).formula, decimalField(precision));
    if (dimensions.size > 0) throw new Failure('not-understood');
    return value;
  } catch (error) {
    throw error instanceof Elsewhere ? new Failure('not-understood') : error;
  }
}

const doubles: Omit<Line<number>, 'f'> = {
  ...{ of: (number) => number, number: (a) => a, inverse: (a) => 1 / a },
  ...{ add: (a, b) => a + b, negative: (a) => -a, times: (a, part) => a * part },
};

const Decimal = decimals(precision);
const long: Omit<Line<BigNumber>, 'f'> = {
  ...{
    of: (number) => new Decimal(number),
    number: (a) => a.toNumber(),
    inverse: (a) => new Decimal(1).div(a),
  },
  ...{ add: (a, b) => a.plus(b), negative: (a) => a.neg(), times: (a, part) => a.times(part) },
};

/** In doubles; where they do not do, in decimals. */
function between(formula: Formula, from: Bound<BigNumber>, to: Bound<BigNumber>): Integral {
  const number = (bound: Bound<BigNumber>) => (typeof bound === 'string' ? bound : bound.toNumber());
  try {
    const f = functionOf(formula, realField, limits.doubleOperations);
    return integral({ ...doubles, f }, number(from), number(to));
  } catch (error) {
    if (!(error instanceof Failure) || error.failure === 'not-understood') throw error;
  }
  const f = functionOf(formula, decimalField(precision), limits.decimalOperations);
  return integral({ ...long, f: (x) => f(x).toNumber() }, from, to);
}
