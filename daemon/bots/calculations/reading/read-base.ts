/** Questions for a whole number in another base, and for other spellings of a number. */
import { Failure } from '../failure.js';
import { evaluate } from '../formula/evaluate.js';
import { exactField, numeratorOf, ratio } from '../formula/exact.js';
import { Elsewhere } from '../formula/field.js';
import { parseFormula } from '../formula/formula.js';
import { limits } from '../limits.js';
import type { Result } from '../result.js';
import { formulaIn } from './phrases.js';
import type { Question } from './question.js';

const baseWord = 'hex(?:adecimal)?|dec(?:imal)?|oct(?:al)?|bin(?:ary)?|base[- ]?\\d{1,2}';
const target = new RegExp(
  `^(?:convert |express |write )?(.+?) (?:(?:in|to|into|as) |from )(?:a )?(${baseWord})(?: (?:number|notation|form|to|into|in) ?(${baseWord})?)?$`,
  'i',
);
/** A number with its base before or behind it. */
const before = new RegExp(`^(?:the )?(${baseWord})(?: number)? ([0-9a-z]+)$`, 'i');
const behind = new RegExp(`^([0-9a-z]+) ?\\(?(?:in |from )?(${baseWord})\\)?$`, 'i');
const fraction =
  /^(?:convert |express |write )?(.+?) (?:in|to|into|as) (?:a |an )?(?:simplified |common |improper )?fraction(?: in (?:lowest|simplest) (?:terms|form))?$/i;

const names: Readonly<Record<string, number>> = { hex: 16, dec: 10, oct: 8, bin: 2 };

function baseOf(word: string): number {
  const base = names[word.toLowerCase().slice(0, 3)] ?? Number(/\d+/.exec(word)?.[0]);
  if (base < 2 || base > 36) throw new Failure('not-understood');
  return base;
}

export function readBase({ text }: Question): Result | undefined {
  if (text.length > limits.questionLength) return undefined;
  const asFraction = fraction.exec(text)?.[1];
  if (asFraction !== undefined) return fractionAnswer(asFraction);
  const [whole, source = '', first = '', second] = target.exec(text) ?? [];
  if (whole === undefined) return undefined;
  // `ff from hex to decimal`
  const [from, into] = second === undefined ? [source, first] : [`${source} ${first}`, second];
  const number = numberIn(from.trim());
  if (number === undefined) return undefined;
  const base = baseOf(into);
  return { value: number.toString(base), computed: `${number} in base ${base}`, notes: ['exact'] };
}

function numberIn(text: string): bigint | undefined {
  const [, word, digits] = before.exec(text) ?? [];
  if (word !== undefined && digits !== undefined) return parsed(digits, baseOf(word));
  const [, start, name] = behind.exec(text) ?? [];
  if (start !== undefined && name !== undefined) return parsed(start, baseOf(name));
  const { value, dimensions } = exactly(text) ?? {};
  if (value === undefined || dimensions === undefined || dimensions.size > 0) return undefined;
  // Places after the point are no whole number's.
  if (value.d !== 1n) throw new Failure('not-defined');
  return numeratorOf(value);
}

function exactly(text: string) {
  const spelled = formulaIn(text);
  if (spelled === undefined) return undefined;
  try {
    return evaluate(parseFormula(spelled).formula, exactField);
  } catch (error) {
    if (error instanceof Elsewhere) return undefined;
    throw error;
  }
}

/** @throws Failure not-understood for a digit that the base has not */
function parsed(digits: string, base: number): bigint {
  const bare = digits.toLowerCase().replace(/^0[xob]/, '');
  return [...bare].reduce((value, digit) => {
    const number = Number.parseInt(digit, 36);
    if (Number.isNaN(number) || number >= base) throw new Failure('not-understood');
    return value * BigInt(base) + BigInt(number);
  }, 0n);
}

function fractionAnswer(text: string): Result | undefined {
  const { value } = exactly(text) ?? {};
  if (value === undefined) return undefined;
  const exact = value.add(ratio(0n));
  const written = exact.d === 1n ? `${numeratorOf(exact)}` : `${numeratorOf(exact)}/${exact.d}`;
  return { value: written, computed: `${text} as a fraction`, notes: ['exact'] };
}
