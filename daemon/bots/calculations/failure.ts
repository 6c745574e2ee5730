/** Why there is no answer: the names that a task of this bot may end with (docs/bots.md). */

export const failures = {
  'empty-request': 'the request has no text',
  'not-text': 'the request is no UTF-8 text',
  'too-long': 'the question or its data is longer than the bot takes',
  'too-deep': 'parentheses or powers stand in each other too often',
  'too-large': 'a number on the way has too many digits',
  'not-understood': 'the bot does not know this kind of question, or a word of it',
  'no-such-unit': 'a unit that is not in the table',
  'units-differ': 'units that do not measure the same are added, compared or converted',
  'divided-by-zero': 'a division by zero, or zero to a negative power',
  'not-defined': 'a function has no value there, such as the logarithm of 0',
  'too-few-values': 'a statistic needs more data',
  'lists-differ': 'columns that belong together have different lengths',
  singular: 'a regression without one solution: predictors depend on each other',
  'no-interval': 'roots of what is no polynomial need `between a and b`',
  'no-root':
    'the polynomial has no real root there, or the function changes its sign nowhere in the interval',
  'not-converged': 'the integral does not exist, or needs more evaluations than the bot makes',
} as const;

export type FailureName = keyof typeof failures;

export class Failure extends Error {
  readonly failure: FailureName;

  constructor(failure: FailureName) {
    super(failure);
    this.failure = failure;
  }
}
