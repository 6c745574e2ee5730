/** Questions that are a formula, with units or without. */
import { Failure } from '../failure.js';
import { evaluate } from '../formula/evaluate.js';
import { parseFormula } from '../formula/formula.js';
import { type Dimensions, dimensionText, plain } from '../formula/quantity.js';
import { computed } from '../formula/value.js';
import { limits } from '../limits.js';
import type { Result } from '../result.js';
import { formulaIn } from './phrases.js';
import type { Question } from './question.js';
import { unitsInWords } from './unit-words.js';

/** @throws Failure */
export function readFormula({ text, digits }: Question): Result {
  if (text.length > limits.questionLength) throw new Failure('too-long');
  const spelled = formulaIn(unitsInWords(text));
  if (spelled === undefined) throw new Failure('not-understood');
  const { formula, text: understood } = parseFormula(spelled);
  const {
    text: value,
    accuracy,
    dimensions,
  } = computed((field) => {
    const { value, dimensions } = evaluate(formula, field);
    // Grams are told as kilograms.
    const kilo = field.call('pow', [field.number('1000'), field.number(String(dimensions.get('g') ?? 0))]);
    return { ...plain(field.call('divide', [value, kilo])), dimensions };
  }, digits);
  return { value: withUnit(value, dimensions), computed: understood, notes: [accuracy] };
}

function withUnit(value: string, dimensions: Dimensions): string {
  const unit = dimensionText(dimensions);
  return unit === '' ? value : `${value} ${unit}`;
}
