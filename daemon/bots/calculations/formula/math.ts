/**
 * The parts of mathjs that are used: its parser, and functions of complex numbers. Made from their factories, it is half as large in memory as all of mathjs, and
 * there is nothing in it that a question could reach otherwise: no formula is evaluated by mathjs (docs/decisions/0020-mathjs.md).
 */
import {
  absDependencies,
  acosDependencies,
  acoshDependencies,
  addDependencies,
  argDependencies,
  asinDependencies,
  asinhDependencies,
  atanDependencies,
  atanhDependencies,
  bignumberDependencies,
  complexDependencies,
  conjDependencies,
  cosDependencies,
  coshDependencies,
  create,
  divideDependencies,
  erfDependencies,
  expDependencies,
  fractionDependencies,
  gammaDependencies,
  imDependencies,
  logDependencies,
  type MathJsInstance,
  multiplyDependencies,
  parseDependencies,
  powDependencies,
  reDependencies,
  sinDependencies,
  sinhDependencies,
  sqrtDependencies,
  subtractDependencies,
  tanDependencies,
  tanhDependencies,
  unaryMinusDependencies,
} from 'mathjs';

export const math = create(
  {
    ...{ absDependencies, acosDependencies, acoshDependencies, addDependencies, argDependencies },
    ...{ asinDependencies, asinhDependencies, atanDependencies, atanhDependencies, bignumberDependencies },
    ...{ complexDependencies, conjDependencies, cosDependencies, coshDependencies, divideDependencies },
    ...{ erfDependencies, expDependencies, fractionDependencies, gammaDependencies, imDependencies },
    ...{ logDependencies, multiplyDependencies, parseDependencies, powDependencies, reDependencies },
    ...{ sinDependencies, sinhDependencies, sqrtDependencies, subtractDependencies, tanDependencies },
    ...{ tanhDependencies, unaryMinusDependencies },
  } as Parameters<typeof create>[0],
  // Literals keep all their digits.
  { number: 'BigNumber' },
) as MathJsInstance;
