/** Questions whose answer is a percentage, and compound interest. */
import { parseFormula } from '../formula/formula.js';
import { formulaValue } from '../formula/value.js';
import { limits } from '../limits.js';
import type { Result } from '../result.js';
import { formulaIn } from './phrases.js';
import type { Question } from './question.js';
import type { Reader } from './reader.js';

const percentages: readonly (readonly [RegExp, string])[] = [
  [/^(?:what )?(?:percent|percentage|%) of (.+) is (.+)$/i, '($2) / ($1) * 100'],
  [/^(.+) is what (?:percent|percentage|%) of (.+)$/i, '($1) / ($2) * 100'],
  [/^(.+) as an? percent(?:age)? of (.+)$/i, '($1) / ($2) * 100'],
  [/^(?:percent|percentage|%) (?:change|increase) from (.+) to (.+)$/i, '(($2) - ($1)) / ($1) * 100'],
  [/^(?:percent|percentage|%) decrease from (.+) to (.+)$/i, '(($1) - ($2)) / ($1) * 100'],
  [/^(.+) (?:as|to) an? percent(?:age)?$/i, '($1) * 100'],
];

export const readPercent: Reader = ({ text, digits }) => {
  if (text.length > limits.questionLength) return undefined;
  const bare = text.replace(/^the /i, '');
  const [pattern, spelling = ''] = percentages.find(([each]) => each.test(bare)) ?? [];
  if (pattern === undefined) return undefined;
  const spelled = formulaIn(bare.replace(pattern, spelling));
  if (spelled === undefined) return undefined;
  const { formula, text: understood } = parseFormula(spelled);
  const { text: value, accuracy } = formulaValue(formula, digits);
  return { value: `${value}%`, computed: understood, notes: [accuracy] };
};

const periods: Readonly<Record<string, number>> = {
  ...{
    annually: 1,
    yearly: 1,
    'semi-annually': 2,
    semiannually: 2,
    quarterly: 4,
    monthly: 12,
    weekly: 52,
    daily: 365,
  },
};
const interest =
  /^(compound interest|simple interest|future value)(?: (?:on|of|for))? ?\$?([\d.,]+) at ([\d.]+) ?(?:%|percent)(?: (?:per year|a year|per annum|interest))?(?:,? compounded ([a-z-]+))?,? (?:for|after|over) (\d{1,3}) years?(?:,? compounded ([a-z-]+))?$/i;

export function readInterest({ text, digits }: Question): Result | undefined {
  if (text.length > limits.questionLength) return undefined;
  const [whole, kind = '', amount = '', rate = '', early, years = '', late] =
    interest.exec(text.replace(/^the /i, '')) ?? [];
  if (whole === undefined) return undefined;
  const period = (early ?? late ?? 'annually').toLowerCase();
  const times = Object.hasOwn(periods, period) ? periods[period] : undefined;
  if (times === undefined) return undefined;
  const principal = amount.replaceAll(',', '');
  const growth = `(1 + ${rate} / 100 / ${times})^(${times} * ${years})`;
  const spelling = /^simple/i.test(kind)
    ? `${principal} * ${rate} / 100 * ${years}`
    : /^future/i.test(kind)
      ? `${principal} * ${growth}`
      : `${principal} * (${growth} - 1)`;
  const { formula, text: understood } = parseFormula(spelling);
  const { text: value, accuracy } = formulaValue(formula, digits);
  return { value, computed: understood, notes: [accuracy] };
}
