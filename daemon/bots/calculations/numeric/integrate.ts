/**
 * Integrals by the double exponential rule (Takahasi and Mori 1974): a substitution lets the integrand fall off so fast at both ends that the trapezoidal rule gains digits with the square of
 * its work; singularities at the ends are no trouble. Where two rules differ the interval is halved.
 */
import { Failure } from '../failure.js';

/** Where the integrand takes its argument: in doubles, or in decimals, which near an end at 1 still have the digits of `1 - x`. */
export interface Line<Value> {
  readonly of: (number: number) => Value;
  readonly add: (a: Value, b: Value) => Value;
  readonly negative: (a: Value) => Value;
  readonly inverse: (a: Value) => Value;
  readonly times: (a: Value, part: number) => Value;
  readonly number: (a: Value) => number;
  /** The integrand. @throws Failure */
  readonly f: (x: Value) => number;
}

export interface Integral {
  readonly value: number;
  /** Of the integrand without its sign: where parts cancel, digits are lost. */
  readonly size: number;
}

/** What two rules may differ by, in parts of the size of the whole. */
const tolerance = 1e-13;
/** Steps of the substituted variable: 2^-level. */
const levels = { first: 3, last: 5 } as const;
const deepest = 60;
/** Where the distance from the end is 1e-37 of the interval. */
const lastT = 4;

/** A place of the rule: its distance from an end in parts of the interval, and its weight. */
interface Place {
  readonly distance: number;
  readonly weight: number;
}

const middleWeight = Math.PI / 4;
const places = new Map<number, readonly Place[]>();

/** Places on each side of the middle that a level adds to those before, outwards. */
function placesOf(level: number): readonly Place[] {
  const known = places.get(level);
  if (known !== undefined) return known;
  const step = 2 ** -level;
  const stride = level === levels.first ? step : 2 * step;
  const made: Place[] = [];
  for (let t = step; t <= lastT; t += stride) made.push(placeAt(t));
  places.set(level, made);
  return made;
}

/** x = tanh(π/2 sinh t) on (-1, 1), as its distance from the end on (0, 1). */
function placeAt(t: number): Place {
  const distance = 1 / (Math.exp(Math.PI * Math.sinh(t)) + 1);
  return { distance, weight: Math.PI * Math.cosh(t) * distance * (1 - distance) };
}

interface Estimate extends Integral {
  /** The outermost terms: a rule that is cut off there converges to less than the integral. */
  readonly tail: number;
}

/** `a` and a part of the way to `b`. */
function along<Value>({ add, negative, times }: Line<Value>, a: Value, b: Value, part: number): Value {
  return add(a, times(add(b, negative(a)), part));
}

/** Of one interval; `scale` is the size of the whole where it is known. */
function rule<Value>(line: Line<Value>, a: Value, b: Value, scale: number): Estimate {
  const { f, add, negative, number } = line;
  const width = number(add(b, negative(a)));
  const middle = f(along(line, a, b, 0.5)) * middleWeight;
  let [sum, sizes, tail] = [middle, Math.abs(middle), 0];
  let last: Estimate | undefined;
  for (let level: number = levels.first; level <= levels.last; level += 1) {
    for (const { distance, weight } of placesOf(level)) {
      const low = f(along(line, a, b, distance)) * weight;
      const high = f(along(line, b, a, distance)) * weight;
      sum += low + high;
      tail = Math.abs(low) + Math.abs(high);
      sizes += tail;
    }
    const step = width * 2 ** -level;
    const next = { value: sum * step, size: sizes * Math.abs(step), tail: tail * Math.abs(step) };
    if (last !== undefined && Math.abs(next.value - last.value) <= Math.max(scale, next.size) * tolerance)
      return next;
    last = next;
  }
  return last ?? { value: 0, size: 0, tail: 0 };
}

export type Bound<Value> = Value | 'infinity' | '-infinity';

/** @throws Failure not-converged; those of the integrand */
export function integral<Value>(line: Line<Value>, from: Bound<Value>, to: Bound<Value>): Integral {
  if (from === to) return { value: 0, size: 0 };
  if (from === 'infinity' || to === '-infinity') return negated(integral(line, to, from));
  if (from === '-infinity') {
    const mirrored = { ...line, f: (x: Value) => line.f(line.negative(x)) };
    if (to !== 'infinity') return integral(mirrored, line.negative(to), 'infinity');
    return both(integral(mirrored, line.of(0), 'infinity'), integral(line, line.of(0), 'infinity'));
  }
  if (to !== 'infinity') return integrate(line, from, to);
  // Beyond the first part, x = from + 1 / s.
  const { of, add, inverse, number } = line;
  const far = { ...line, f: (s: Value) => line.f(add(from, inverse(s))) / number(s) / number(s) };
  return both(integrate(line, from, add(from, of(1))), integrate(far, of(0), of(1)));
}

function negated({ value, size }: Integral): Integral {
  return { value: -value, size };
}

function both(one: Integral, other: Integral): Integral {
  return { value: one.value + other.value, size: one.size + other.size };
}

function integrate<Value>(line: Line<Value>, a: Value, b: Value): Integral {
  const whole = ruleOrNone(line, a, b, 0);
  return halves(line, { a, b, whole, scale: whole?.size ?? 0, depth: 0 });
}

/** A division by zero in the middle is met again at an end, where nothing is evaluated. */
function ruleOrNone<Value>(line: Line<Value>, a: Value, b: Value, scale: number): Estimate | undefined {
  try {
    return rule(line, a, b, scale);
  } catch (error) {
    if (error instanceof Failure && error.failure === 'divided-by-zero') return undefined;
    throw error;
  }
}

interface Interval<Value> {
  readonly a: Value;
  readonly b: Value;
  readonly whole: Estimate | undefined;
  readonly scale: number;
  readonly depth: number;
}

/** An interval is done when its two halves, whose places are others, give the same. */
function halves<Value>(line: Line<Value>, { a, b, whole, scale, depth }: Interval<Value>): Integral {
  if (depth > deepest) throw new Failure('not-converged');
  const middle = along(line, a, b, 0.5);
  const [left, right] = [ruleOrNone(line, a, middle, scale), ruleOrNone(line, middle, b, scale)];
  const known = Math.max(scale, (left?.size ?? 0) + (right?.size ?? 0));
  if (whole !== undefined && left !== undefined && right !== undefined) {
    const value = left.value + right.value;
    const error = Math.abs(value - whole.value) + left.tail + right.tail;
    if (error <= known * tolerance) return { value, size: left.size + right.size };
  }
  const next = { scale: known, depth: depth + 1 };
  return both(
    halves(line, { a, b: middle, whole: left, ...next }),
    halves(line, { a: middle, b, whole: right, ...next }),
  );
}
