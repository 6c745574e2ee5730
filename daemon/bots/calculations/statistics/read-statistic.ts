/** Questions about one list of numbers: `mean of 3, 5, 8`. */
import type { Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { decimalOf, decimals, guardDigits } from '../formula/decimal.js';
import { ratio } from '../formula/exact.js';
import {
  type Digits,
  type Rounded,
  roundDecimal,
  roundExact,
  roundRoot,
  usualDigits,
} from '../formula/rounding.js';
import { limits } from '../limits.js';
import type { Question } from '../reading/question.js';
import type { Result } from '../result.js';
import { type Column, columnOf, scaled, sum } from './column.js';
import { listOf } from './data.js';
import * as moments from './moments.js';
import * as order from './order.js';

type Measure = (column: Column, digits: Digits | undefined, phrase: string) => Rounded;

function exact(measure: (column: Column) => Fraction): Measure {
  return (column, digits) => roundExact(measure(column), digits);
}

function root(measure: (column: Column) => Fraction): Measure {
  return (column, digits) => roundRoot(measure(column), digits);
}

const quartile = (quarters: bigint) => exact((column) => order.quantile(column, ratio(quarters, 4n)));

/** Phrases, each with the name that an answer has for it. A longer one stands before those that it begins with. */
const measures: readonly (readonly [RegExp, string, Measure])[] = [
  [/arithmetic mean|mean|average/, 'mean', exact(moments.mean)],
  [/median/, 'median', exact(order.median)],
  [/modes?/, 'mode', modes],
  [
    /population standard deviation/,
    'population standard deviation (divided by n)',
    root(moments.populationVariance),
  ],
  [
    /(?:sample )?standard deviation|sample sd/,
    'sample standard deviation (divided by n - 1)',
    root(moments.sampleVariance),
  ],
  [/population variance/, 'population variance (divided by n)', exact(moments.populationVariance)],
  [/(?:sample )?variance/, 'sample variance (divided by n - 1)', exact(moments.sampleVariance)],
  [/standard error(?: of the mean)?/, 'standard error of the mean', root(squaredStandardError)],
  [
    /(?:relative standard deviation|coefficient of variation)/,
    'sample standard deviation / mean',
    root(squaredVariation),
  ],
  [/geometric mean/, 'geometric mean', geometricMean],
  [/harmonic mean/, 'harmonic mean', exact(harmonicMean)],
  [/root mean square|rms|quadratic mean/, 'root mean square', root(moments.meanSquare)],
  [/mean absolute deviation/, 'mean absolute deviation from the mean', exact(moments.meanAbsoluteDeviation)],
  [/lag[- ]1 autocorrelation(?: coefficient)?/, 'lag-1 autocorrelation', exact(moments.lag1Autocorrelation)],
  [
    /sum of squares/,
    'sum of squares',
    exact((column) => moments.meanSquare(column).mul(ratio(count(column)))),
  ],
  [/sum|total/, 'sum', exact((column) => scaled(sum(column.units), column.scale))],
  [/count|number/, 'count', exact((column) => ratio(count(column)))],
  [/minimum|min|smallest|least/, 'minimum', exact(order.least)],
  [/maximum|max|largest|greatest|biggest/, 'maximum', exact(order.most)],
  [/range/, 'maximum - minimum', exact((column) => order.most(column).sub(order.least(column)))],
  [/(?:first|lower|1st) quartile/, 'first quartile (R type 7)', quartile(1n)],
  [/(?:second|2nd) quartile/, 'median', quartile(2n)],
  [/(?:third|upper|3rd) quartile/, 'third quartile (R type 7)', quartile(3n)],
  [/interquartile range|iqr/, 'third - first quartile (R type 7)', exact(interquartileRange)],
  [/(?:\d{1,2}|100)(?:st|nd|rd|th) percentile/, 'percentile (R type 7)', percentile],
];

const patterns = measures.map(([phrase, name, measure]) => ({
  pattern: new RegExp(
    `^(?:the )?(${phrase.source})(?: (?:of|for|in))?(?: (?:these|this|the))?(?: following)?(?: (?:\\d+ )?(?:numbers|values|data(?: set)?|list|set|sample|observations|measurements))?(?: of)? ?:? ?([-+\\d.[({].*)$`,
    'i',
  ),
  name,
  measure,
}));

export function readStatistic({ text, digits }: Question): Result | undefined {
  for (const { pattern, name, measure } of patterns) {
    const [, phrase, data] = pattern.exec(text) ?? [];
    if (phrase === undefined || data === undefined) continue;
    const words = listOf(data);
    if (words === undefined) return undefined;
    const column = columnOf(words);
    const { text: value, accuracy } = measure(column, digits, phrase);
    return { value, computed: `${name} of ${sample(words)}`, notes: [accuracy] };
  }
  return undefined;
}

/** A long list is told by its ends. */
export function sample(words: readonly string[]): string {
  if (words.length <= 12) return words.join(', ');
  return `${words.slice(0, 3).join(', ')}, ..., ${words.at(-1)} (${words.length} values)`;
}

function count({ units }: Column): bigint {
  return BigInt(units.length);
}

function squaredStandardError(column: Column): Fraction {
  return moments.sampleVariance(column).div(ratio(count(column)));
}

function squaredVariation(column: Column): Fraction {
  const mean = moments.mean(column);
  if (mean.n === 0n) throw new Failure('divided-by-zero');
  const square = moments.sampleVariance(column).div(mean.mul(mean));
  return mean.s < 0n ? square.neg() : square;
}

function harmonicMean(column: Column): Fraction {
  if (column.units.some((value) => value === 0n)) throw new Failure('divided-by-zero');
  // Each reciprocal makes the sum's denominator longer.
  if (column.units.length > 1_000) throw new Failure('too-large');
  const reciprocals = column.units.map((value) => scaled(value, column.scale).inverse());
  return ratio(count(column)).div(reciprocals.reduce((one, other) => one.add(other)));
}

function interquartileRange(column: Column): Fraction {
  return order.quantile(column, ratio(3n, 4n)).sub(order.quantile(column, ratio(1n, 4n)));
}

function percentile(column: Column, digits: Digits | undefined, phrase: string): Rounded {
  return roundExact(order.quantile(column, ratio(BigInt(Number.parseInt(phrase, 10)), 100n)), digits);
}

function modes(column: Column, digits: Digits | undefined): Rounded {
  const all = order.modes(column).map((value) => roundExact(value, digits));
  return { text: all.map(({ text }) => text).join(', '), accuracy: all[0]?.accuracy ?? 'exact' };
}

function geometricMean(column: Column, digits: Digits | undefined): Rounded {
  if (column.units.some((value) => value <= 0n)) throw new Failure('not-defined');
  const asked = digits ?? { kind: 'significant', count: usualDigits };
  const precision = asked.count + 2 * guardDigits;
  if (column.units.length * precision ** 3 > limits.decimalWork) throw new Failure('too-large');
  const Decimal = decimals(precision);
  const logs = column.units.map((value) => decimalOf(scaled(value, column.scale), Decimal).ln());
  const sumOfLogs = logs.reduce((one, other) => one.plus(other));
  return roundDecimal(sumOfLogs.div(column.units.length).exp(), asked);
}
