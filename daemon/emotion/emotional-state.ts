import {
  type CustomDimension,
  type Dimension,
  type DimensionName,
  dimensionNames,
  dimensions,
  dimensionValue,
} from './dimensions.js';
import type { Emotion } from './emotion.js';
import { type InputName, type Inputs, inputNames, inputValue } from './inputs.js';
import { Window } from './window.js';

export interface Feeling {
  /** From 0 to 1. */
  readonly value: number;
  /** What it was computed from, over its window. */
  readonly inputs: Inputs;
}

type Windows = Readonly<Record<InputName, Window>>;

/**
 * How Sherin feels, by what sherind measures and nothing else. It begins anew with each start: whoever needs it to go on tells
 * it the past in its order. Times are milliseconds of a clock that never goes back.
 */
export class EmotionalState {
  readonly #dimensions: ReadonlyMap<string, Dimension>;
  /** By their lengths in seconds. */
  readonly #windows: ReadonlyMap<number, Windows>;

  /** @param custom as `customDimensionsSchema` takes them */
  constructor(custom: readonly CustomDimension[] = []) {
    this.#dimensions = new Map<string, Dimension>([
      ...Object.entries(dimensions),
      ...custom.map((dimension) => [dimension.name, dimension] as const),
    ]);
    const lengths = [...this.#dimensions.values()].map(({ windowSeconds }) => windowSeconds);
    this.#windows = new Map(lengths.map((seconds) => [seconds, windowsOf(seconds)]));
  }

  /** `unmeasured`: it ended, and whether it was a success nobody measured. */
  taskEnded(outcome: 'succeeded' | 'failed' | 'unmeasured', now: number): void {
    this.#add('success', outcome === 'succeeded' ? 1 : 0, now);
    this.#add('error', outcome === 'failed' ? 1 : 0, now);
  }

  /** A look-up in pattern memory. */
  patternLookedUp(known: boolean, now: number): void {
    this.#add('novelty', known ? 0 : 1, now);
  }

  /** A cube failed verification. */
  integrityFailed(now: number): void {
    this.#add('integrity', 1, now);
  }

  /** @param value users, or a share from 0 to 1 */
  observed(what: 'waiting' | 'queue' | 'load', value: number, now: number): void {
    if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`${what} can not be ${value}`);
    this.#add(what, value, now);
  }

  /** Each dimension, custom ones too, with its inputs. */
  feelings(now: number): ReadonlyMap<string, Feeling> {
    return new Map([...this.#dimensions].map(([name, dimension]) => [name, this.#feeling(dimension, now)]));
  }

  /** The seven. */
  emotion(now: number): Emotion {
    const values = dimensionNames.map((name) => [name, this.#feeling(dimensions[name], now).value]);
    return Object.fromEntries(values) as Record<DimensionName, number>;
  }

  #feeling(dimension: Dimension, now: number): Feeling {
    const measured = this.#inputs(dimension.windowSeconds, now);
    return { value: dimensionValue(dimension, measured), inputs: measured };
  }

  #inputs(windowSeconds: number, now: number): Inputs {
    const windows = this.#windows.get(windowSeconds) ?? windowsOf(windowSeconds);
    return inputsOf((name) => {
      const { sum, count } = windows[name].read(now);
      return inputValue(name, sum, count);
    });
  }

  #add(name: InputName, value: number, now: number): void {
    for (const windows of this.#windows.values()) windows[name].add(value, now);
  }
}

function windowsOf(seconds: number): Windows {
  return inputsOf(() => new Window(seconds));
}

function inputsOf<T>(make: (name: InputName) => T): Record<InputName, T> {
  return Object.fromEntries(inputNames.map((name) => [name, make(name)])) as Record<InputName, T>;
}
