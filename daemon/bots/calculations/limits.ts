/** What a question may cost. Each bound is a count, so that the same question ends the same way on every machine. */

export const limits = {
  /** Bytes of a request: columns of data are the long ones. */
  requestBytes: 1_048_576,
  /** UTF-16 units of what is no data. */
  questionLength: 1_000,
  /** Parentheses in each other. */
  nesting: 40,
  /** mathjs' parser reads twice what follows one, which may hold others. */
  percentSigns: 8,
  /** Digits that may be asked for. */
  digitsAsked: 400,
  /** Digits of a whole number on the way and of an answer. */
  wholeDigits: 20_000,
  /** Of a factorial or a binomial coefficient. */
  factors: 5_000,
  /** Numbers of all columns together. */
  observations: 100_000,
  predictors: 16,
  /** Of a polynomial. */
  degree: 12,
  /** Digits of a fraction's parts: each operation looks for what they have in common. */
  fractionDigits: 2_000,
  /** Operations of an integral in double precision. */
  doubleOperations: 400_000,
  /** Operations with decimals of an integral, or of a search for roots; one takes up to a third of a millisecond. */
  decimalOperations: 8_000,
  /** Sum of the cubes of the digits of operations with decimals: a power of 400 digits takes a thousand times as long as one of 40. */
  decimalWork: 1_200_000_000,
} as const;
