/** Questions about prime factors. */
import { Failure } from '../failure.js';
import { evaluate } from '../formula/evaluate.js';
import { exactField, numeratorOf } from '../formula/exact.js';
import { Elsewhere } from '../formula/field.js';
import { parseFormula } from '../formula/formula.js';
import { limits } from '../limits.js';
import { formulaIn } from '../reading/phrases.js';
import type { Reader } from '../reading/reader.js';
import { primeFactors } from './primes.js';

const isPrime = /^is (.+?) (?:a )?prime(?: number)?$/i;
const factors = /^(?:the )?(?:prime factors?|prime factori[sz]ation) of (.+)$/i;

export const readPrimes: Reader = ({ text }) => {
  if (text.length > limits.questionLength) return undefined;
  const [, asked] = isPrime.exec(text) ?? [];
  const [, product] = factors.exec(text) ?? [];
  const source = asked ?? product;
  if (source === undefined) return undefined;
  const number = wholeNumber(source);
  if (product !== undefined && number < 2n) throw new Failure('not-defined');
  const primes = primeFactors(number);
  const written = primes.join(' * ');
  const value = asked === undefined ? written : primes.length === 1 ? 'yes' : 'no';
  return { value, computed: `prime factors of ${number}: ${written || 'none'}`, notes: ['exact'] };
};

function wholeNumber(text: string): bigint {
  const spelled = formulaIn(text);
  if (spelled === undefined) throw new Failure('not-understood');
  try {
    const { value } = evaluate(parseFormula(spelled).formula, exactField);
    if (value.d !== 1n) throw new Failure('not-defined');
    return numeratorOf(value);
  } catch (error) {
    throw error instanceof Elsewhere ? new Failure('not-understood') : error;
  }
}
