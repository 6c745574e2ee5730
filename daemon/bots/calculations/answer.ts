/** From a request's bytes to a result's text, or to the name of a failure. The same request gives the same answer, always. */
import { Failure, type FailureName } from './failure.js';
import { limits } from './limits.js';
import { readIntegral } from './numeric/read-integral.js';
import { readPrimes } from './numeric/read-primes.js';
import { readRoots } from './numeric/read-roots.js';
import { type Question, questionOf } from './reading/question.js';
import { readBase } from './reading/read-base.js';
import { readConversion } from './reading/read-conversion.js';
import { readFormula } from './reading/read-formula.js';
import { readInterest, readPercent } from './reading/read-percent.js';
import type { Reader } from './reading/reader.js';
import { type Result, written } from './result.js';
import { readAnova } from './statistics/read-anova.js';
import { readCorrelation, readRegression } from './statistics/read-regression.js';
import { readStatistic } from './statistics/read-statistic.js';

/** In this order: those that look for words of their own come first, a formula is what is left. */
const readers: readonly Reader[] = [
  ...[readAnova, readRegression, readCorrelation, readStatistic],
  ...[readIntegral, readRoots, readPrimes, readInterest, readPercent, readBase, readConversion],
  readFormula,
];

export type Outcome = { readonly content: string } | { readonly error: FailureName };

export function answer(request: Buffer): Outcome {
  try {
    return { content: written(resultOf(questionOf(textOf(request)))) };
  } catch (error) {
    if (error instanceof Failure) return { error: error.failure };
    throw error;
  }
}

function resultOf(question: Question): Result {
  for (const reader of readers) {
    const result = reader(question);
    if (result !== undefined) return result;
  }
  throw new Failure('not-understood');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(request: Buffer): string {
  if (request.length > limits.requestBytes) throw new Failure('too-long');
  try {
    return utf8.decode(request);
  } catch {
    throw new Failure('not-text');
  }
}
