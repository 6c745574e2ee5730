/** Questions about columns that belong together: correlation, covariance, regression. */
import type { Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { ratio } from '../formula/exact.js';
import { type Digits, type Rounded, roundExact, roundRoot } from '../formula/rounding.js';
import type { Question } from '../reading/question.js';
import type { Result } from '../result.js';
import { columnOf } from './column.js';
import { columnNamed, listsOf, tableOf } from './data.js';
import { sampleCovariance, signedSquaredCorrelation } from './moments.js';
import { powers, type Regression, regress } from './regression.js';

const pair =
  /^(?:the )?(?:sample )?(?:pearson(?:'s)? )?(correlation(?: coefficient)?|covariance)(?: (?:of|between|for))? ?:? ?(.*)$/i;

export function readCorrelation({ text, digits }: Question): Result | undefined {
  const [, kind, data] = pair.exec(text) ?? [];
  if (kind === undefined || data === undefined) return undefined;
  const [one = [], other, ...more] = listsOf(data) ?? [];
  if (other === undefined || more.length > 0) return undefined;
  const columns = [columnOf(one), columnOf(other)] as const;
  const covariance = /^cov/i.test(kind);
  const { text: value, accuracy } = covariance
    ? roundExact(sampleCovariance(...columns), digits)
    : roundRoot(signedSquaredCorrelation(...columns), digits);
  const name = covariance ? 'sample covariance (divided by n - 1)' : "Pearson's correlation";
  return { value, computed: `${name} of ${one.length} pairs`, notes: [accuracy] };
}

/** What of a regression is asked for, and where its data begin. */
const question =
  /^(?:the )?(?:(slope|intercept|r[- ]?squared|r\^2|residual standard deviation|residual sum of squares) (?:of|from|for|in) )?(?:the |a )?(?:(linear|simple linear|multiple(?: linear)?|least[- ]squares|quadratic|cubic|polynomial)(?: linear)? )?(?:regression|fit|line)((?: (?:of degree \d{1,2}|through the origin|without (?:an )?(?:intercept|constant)))*)(?: (?:of|for) ([\p{L}\w]+) on ([\p{L}\w]+(?:(?:, ?(?:and )?| and )[\p{L}\w]+)*))?((?: (?:of degree \d{1,2}|through the origin|without (?:an )?(?:intercept|constant)))*)(?: (?:of|for|to))?(?: (?:the )?(?:data|points|pairs))? ?:? ?(.*)$/iu;

interface Asked {
  readonly figure: string | undefined;
  readonly degree: number;
  readonly constant: boolean;
  readonly response: string | undefined;
  readonly predictors: readonly string[];
}

function askedBy(head: string): { asked: Asked; data: string } | undefined {
  const match = question.exec(head);
  if (match === null) return undefined;
  const [, figure, kind = '', before = '', response, predictors, after = '', data = ''] = match;
  const options = `${before} ${after}`;
  const degree = Number(
    /degree (\d+)/.exec(options)?.[1] ?? { quadratic: 2, cubic: 3 }[kind.toLowerCase()] ?? 1,
  );
  // A polynomial without a degree is none in particular.
  if (degree < 1 || (/polynomial/i.test(kind) && !/degree/.test(options)))
    throw new Failure('not-understood');
  const constant = !/origin|without/i.test(options);
  const names = predictors?.split(/, ?(?:and )?| and /) ?? [];
  return { asked: { figure: figure?.toLowerCase(), degree, constant, response, predictors: names }, data };
}

export function readRegression({ lines, digits }: Question): Result | undefined {
  const [head = '', ...rows] = lines;
  const { asked, data } = askedBy(head) ?? {};
  if (asked === undefined || data === undefined) return undefined;
  const columns = columnsOf(asked, data, rows);
  if (columns === undefined) return undefined;
  const { response, names } = columns;
  const single = columns.predictors[0];
  if (asked.degree > 1 && (columns.predictors.length > 1 || single === undefined))
    throw new Failure('not-understood');
  const predictors = columns.predictors.map(columnOf);
  const [only] = predictors;
  const all = asked.degree > 1 && only !== undefined ? powers(only, asked.degree) : predictors;
  const regression = regress(columnOf(response), all, asked.constant);
  const terms =
    asked.degree > 1 ? all.map((_, index) => (index === 0 ? names[0] : `${names[0]}^${index + 1}`)) : names;
  return told(
    asked,
    regression,
    terms.map(String),
    { response: columns.responseName, count: response.length },
    digits,
  );
}

interface Columns {
  readonly response: readonly string[];
  readonly responseName: string;
  readonly predictors: readonly (readonly string[])[];
  readonly names: readonly string[];
}

/** Of a table, of two named lists, or of points (x, y). */
function columnsOf(asked: Asked, data: string, rows: readonly string[]): Columns | undefined {
  const { response = 'y', predictors } = asked;
  const table = rows.length > 0 && data === '' ? tableOf(rows) : undefined;
  if (table !== undefined) {
    const others = table.names.filter((name) => name.toLowerCase() !== response.toLowerCase());
    const names = predictors.length > 0 ? predictors : others;
    return {
      ...{ response: columnNamed(table, response), responseName: response, names },
      predictors: names.map((name) => columnNamed(table, name)),
    };
  }
  const text = [data, ...rows].join('; ').replace(/^; /, '');
  const lists = listsOf(text) ?? [];
  const points = lists.length > 2 || /^\(/.test(text) ? lists : [];
  if (points.length > 0) {
    if (points.some((point) => point.length !== 2)) throw new Failure('lists-differ');
    const at = (index: number) => points.map((point) => point[index] ?? '');
    return { response: at(1), responseName: 'y', predictors: [at(0)], names: ['x'] };
  }
  const [one, other] = lists;
  if (one === undefined || other === undefined || predictors.length > 1) return undefined;
  const [predictor = 'x'] = predictors;
  // `x: …; y: …` are told by their names.
  const swapped = new RegExp(`^\\s*${response}\\s*[:=]`, 'i').test(text);
  const [x, y] = swapped ? [other, one] : [one, other];
  return { response: y, responseName: response, predictors: [x], names: [predictor] };
}

function told(
  { figure, constant }: Asked,
  regression: Regression,
  terms: readonly string[],
  { response, count }: { readonly response: string; readonly count: number },
  digits: Digits | undefined,
): Result {
  const names = constant ? ['intercept', ...terms] : terms;
  const { coefficients, variances, residualSumOfSquares, totalSumOfSquares, degreesOfFreedom } = regression;
  const values = coefficients.map((value) => roundExact(value, digits));
  const listed = names.map((name, index) => `${name} = ${values[index]?.text}`);
  const errors = variances.map(
    (value, index) => `standard error of ${names[index]}: ${roundRoot(value, digits).text}`,
  );
  const square = rSquared(residualSumOfSquares, totalSumOfSquares);
  const spread =
    degreesOfFreedom === 0 ? undefined : residualSumOfSquares.div(ratio(BigInt(degreesOfFreedom)));
  const figures: Readonly<Record<string, Rounded | undefined>> = {
    'R-squared': square && roundExact(square, digits),
    'residual standard deviation': spread && roundRoot(spread, digits),
    'residual sum of squares': roundExact(residualSumOfSquares, digits),
  };
  const notes = Object.entries(figures).flatMap(([name, value]) => (value ? [`${name}: ${value.text}`] : []));
  const value = figure === undefined ? listed.join(', ') : asked(figure, { constant, values, figures });
  const formula = [constant ? '1' : '', ...terms].filter((term) => term !== '').join(', ');
  return {
    value,
    computed: `least squares of ${response} on ${formula}, ${count} observations`,
    notes: [...(figure === undefined ? [] : listed), ...errors, ...notes, 'computed exactly, then rounded'],
  };
}

function asked(
  figure: string,
  {
    constant,
    values,
    figures,
  }: {
    constant: boolean;
    values: readonly Rounded[];
    figures: Readonly<Record<string, Rounded | undefined>>;
  },
): string {
  const name = /^r/.test(figure) && !/^res/.test(figure) ? 'R-squared' : figure;
  const slopes = constant ? values.slice(1) : values;
  // Of several slopes none is the slope.
  if (figure === 'slope' && slopes.length > 1) throw new Failure('not-understood');
  const found =
    figure === 'slope' ? slopes[0] : figure === 'intercept' && constant ? values[0] : figures[name];
  if (found === undefined) throw new Failure('not-defined');
  return found.text;
}

function rSquared(residual: Fraction, total: Fraction): Fraction | undefined {
  return total.n === 0n ? undefined : ratio(1n).sub(residual.div(total));
}
