/** What the emotional state is computed from: measured by sherind, each brought to a number from 0 to 1 over a time window. */

export interface Input {
  /**
   * - `ratio`: hits among all that was counted, `unit` uncounted ones among them, so that the first few don't swing it
   * - `mean`: mean of what was observed, over `unit`, at most 1
   * - `sum`: sum of what happened, over `unit`, at most 1
   * Each is 0 where nothing was measured in the window.
   */
  readonly read: 'ratio' | 'mean' | 'sum';
  readonly unit: number;
  readonly doc: string;
}

export const inputs = {
  success: {
    read: 'ratio',
    unit: 10,
    doc: 'tasks that ended with a success that was measured, among all that ended',
  },
  error: { read: 'ratio', unit: 10, doc: 'tasks that failed, among all that ended' },
  waiting: { read: 'mean', unit: 16, doc: 'users who wait for a task' },
  queue: { read: 'mean', unit: 1, doc: 'share of the task queue that is taken' },
  integrity: { read: 'sum', unit: 10, doc: 'cubes that failed verification' },
  novelty: {
    read: 'ratio',
    unit: 10,
    doc: 'requests without a known pattern, among all that were looked up',
  },
  load: { read: 'mean', unit: 1, doc: 'share of the places for running tasks that is taken' },
} as const satisfies Record<string, Input>;
export type InputName = keyof typeof inputs;
export const inputNames = Object.keys(inputs) as [InputName, ...InputName[]];

/** Inputs, each from 0 to 1. */
export type Inputs = Readonly<Record<InputName, number>>;

/** @param sum of what was measured in a window, `count` times */
export function inputValue(name: InputName, sum: number, count: number): number {
  const { read, unit } = inputs[name];
  switch (read) {
    case 'ratio':
      return sum / (count + unit);
    case 'mean':
      return count === 0 ? 0 : Math.min(1, sum / count / unit);
    case 'sum':
      return Math.min(1, sum / unit);
  }
}
