/** What two directories must have in common. */
import { isDeepStrictEqual } from 'node:util';
import { describeStep, type Outcome, type Step } from './operation.js';
import type { Remains } from './side.js';

/** The first thing in which two directories differ, with the steps that led there. */
export class Difference extends Error {
  /** Steps up to the one that differs. */
  readonly steps: readonly Step[];

  constructor(what: string, steps: readonly Step[], [tested, model]: readonly [unknown, unknown]) {
    const list = steps.map((step, at) => `  ${at + 1}. ${describeStep(step)}`).join('\n');
    super(
      `${what} differs after\n${list}\n  tested: ${JSON.stringify(tested)}\n  model:  ${JSON.stringify(model)}`,
    );
    this.steps = steps;
  }
}

/** @throws Difference */
export function compareOutcomes(tested: Outcome, model: Outcome, steps: readonly Step[]): void {
  if (!agree(tested, model)) throw new Difference('the outcome', steps, [tested, model]);
}

/** @throws Difference */
export function compareRemains(tested: Remains, model: Remains, steps: readonly Step[]): void {
  for (const part of ['tree', 'handles'] as const) {
    const [left, right] = [entries(tested[part]), entries(model[part])];
    const at = left.findIndex((entry, at) => !isDeepStrictEqual(entry, right[at]));
    if (at >= 0) throw new Difference(part, steps, [left[at], right[at]]);
    if (left.length < right.length) throw new Difference(part, steps, [undefined, right[left.length]]);
  }
}

function entries(list: unknown): readonly unknown[] {
  if (!Array.isArray(list)) throw new Error('a worker answered no list');
  return list;
}

/** Equal but for times that can't be told (worker/watch.py). */
function agree(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => agree(item, other[at]));
  }
  if (isObject(one) && isObject(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => agree(one[key], other[key]));
  }
  return one === other || unsure(one, other) || unsure(other, one);
}

function unsure(one: unknown, other: unknown): boolean {
  const time = /^([mc]time) (unsure|same|now)$/;
  return (
    typeof one === 'string' &&
    typeof other === 'string' &&
    one.endsWith(' unsure') &&
    time.exec(one)?.[1] === time.exec(other)?.[1]
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
