/** Questions for a quantity in another unit. */
import { Failure } from '../failure.js';
import { evaluate, Unknown } from '../formula/evaluate.js';
import { exactField, fractionOf, ratio } from '../formula/exact.js';
import { type Formula, namesIn, type ParsedFormula, parseFormula } from '../formula/formula.js';
import { none, same } from '../formula/quantity.js';
import { roundExact } from '../formula/rounding.js';
import { unitOf } from '../formula/units.js';
import { computed } from '../formula/value.js';
import { limits } from '../limits.js';
import type { Result } from '../result.js';
import { formulaIn } from './phrases.js';
import type { Question } from './question.js';
import { unitsInWords } from './unit-words.js';

const convert = /^(?:convert|change|express|conversion of) (.+) (?:into|to|in|as) (.+)$/i;
const howMany =
  /^how (?:many|much) (.+?) (?:are there in|is there in|are in|is in|are|is|in|make up|make|makes|equals?|does) (.+?)(?: (?:have|contain|equal|make))?$/i;
const plainly = /^(.+) (?:expressed in|converted to|into|in|to|as) (.+)$/i;

/** Names of scales: those of temperatures have a zero of their own. Kelvin per unit, and the zero. */
const scales: readonly (readonly [RegExp, string, readonly [string, string]])[] = [
  [/^(?:degC|degrees? C|celsius|centigrade|C)$/i, 'degC', ['1', '273.15']],
  [/^(?:degF|degrees? F|fahrenheit|F)$/i, 'degF', ['5/9', '459.67']],
  [/^(?:K|kelvins?|degK)$/i, 'K', ['1', '0']],
  [/^(?:degR|rankine)$/i, 'degR', ['5/9', '0']],
];

export function readConversion(question: Question): Result | undefined {
  if (question.text.length > limits.questionLength) return undefined;
  const explicit = convert.exec(question.text) ?? swapped(howMany.exec(question.text));
  const [, from, into] = explicit ?? plainly.exec(question.text) ?? [];
  if (from === undefined || into === undefined) return undefined;
  const target = unitsInWords(into);
  const source = unitsInWords(from.replace(/^(?:a|an|one) /i, '1 '));
  const temperature = betweenScales(source, target, question);
  if (temperature !== undefined) return temperature;
  const unit = parsedUnit(target);
  // `x in y` may be anything; who says `convert` means a unit.
  if (unit === undefined || !isUnit(unit.formula)) {
    if (explicit === null) return undefined;
    throw new Failure('no-such-unit');
  }
  return converted(source, unit, target, question);
}

function swapped(match: RegExpExecArray | null): readonly [string, string, string] | null {
  return match === null ? null : [match[0], match[2] ?? '', match[1] ?? ''];
}

function parsedUnit(text: string): ParsedFormula | undefined {
  try {
    return parseFormula(text);
  } catch {
    return undefined;
  }
}

/** A product of units and their powers, with or without a number. */
function isUnit(formula: Formula): boolean {
  const names = [...namesIn(formula)];
  return names.length > 0 && names.every((name) => unitOf(name) !== undefined);
}

function converted(source: string, unit: ParsedFormula, target: string, { digits }: Question): Result {
  const spelled = formulaIn(source);
  if (spelled === undefined) throw new Failure('not-understood');
  const { formula, text } = parseFormula(spelled);
  try {
    const { text: value, accuracy } = computed((field) => {
      const [whole, part] = [evaluate(formula, field), evaluate(unit.formula, field)];
      if (!same(whole.dimensions, part.dimensions)) throw new Failure('units-differ');
      return { value: field.call('divide', [whole.value, part.value]), dimensions: none };
    }, digits);
    return { value: `${value} ${target}`, computed: `${text} in ${unit.text}`, notes: [accuracy] };
  } catch (error) {
    throw error instanceof Unknown ? new Failure('no-such-unit') : error;
  }
}

function betweenScales(source: string, target: string, { digits }: Question): Result | undefined {
  const [, number, unit = ''] = /^(-?[\d.]+(?:e[-+]?\d+)?) ?([A-Za-z ]+)$/.exec(source) ?? [];
  const from = scales.find(([name]) => name.test(unit.trim()));
  const to = scales.find(([name]) => name.test(target));
  if (number === undefined || from === undefined || to === undefined) return undefined;
  const [fromUnit, fromZero] = from[2].map(scaleNumber);
  const [toUnit, toZero] = to[2].map(scaleNumber);
  if (fromUnit === undefined || fromZero === undefined || toUnit === undefined || toZero === undefined)
    return undefined;
  const kelvin = fractionOf(number).add(fromZero).mul(fromUnit);
  // There is nothing below absolute zero.
  if (kelvin.s < 0n && kelvin.n !== 0n) throw new Failure('not-defined');
  const { text, accuracy } = roundExact(kelvin.div(toUnit).sub(toZero), digits);
  return { value: `${text} ${to[1]}`, computed: `${number} ${from[1]} in ${to[1]}`, notes: [accuracy] };
}

function scaleNumber(text: string) {
  const [numerator = '0', denominator] = text.split('/');
  return denominator === undefined
    ? evaluate({ kind: 'number', text: numerator }, exactField).value
    : ratio(BigInt(numerator), BigInt(denominator));
}
