import {
  type CustomDimension,
  type Dimension,
  type DimensionName,
  dimensionNames,
  dimensions,
  dimensionValue,
} from './dimensions.js';
import type { Emotion } from './emotion.js';
import { type InputName, type Inputs, inputNames, inputs, inputValue } from './inputs.js';
import { type Step, Window } from './window.js';

export interface Feeling {
  /** From 0 to 1. */
  readonly value: number;
  /** What it was computed from, over its window. */
  readonly inputs: Inputs;
}

/** A step of one of its windows. */
export interface MeasuredStep extends Step {
  readonly input: InputName;
  /** Length of the window. */
  readonly seconds: number;
}

type Windows = Readonly<Record<InputName, Window>>;

/**
 * How Sherin feels, by what sherind measures and nothing else. Whoever wants it to go on after a restart keeps its steps, and
 * restores them: those of sums alone, for whoever could make up a share or a mean would say how well things went. Times are milliseconds of a clock that never goes back.
 */
export class EmotionalState {
  readonly #dimensions: ReadonlyMap<string, Dimension>;
  /** By their lengths in seconds. */
  readonly #windows: ReadonlyMap<number, Windows>;
  #happened = 0;

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
    this.#happened += 1;
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

  /** How often something has happened of what {@link measuredSince} tells. */
  get happened(): number {
    return this.#happened;
  }

  /** Steps that may have changed since then, of what outlives a restart. */
  measuredSince(time: number): MeasuredStep[] {
    return [...this.#windows].flatMap(([seconds, windows]) =>
      keptInputs.flatMap((input) => windows[input].since(time).map((step) => ({ input, seconds, ...step }))),
    );
  }

  /** The first step that counts now, of each length of windows. */
  oldest(now: number): { readonly seconds: number; readonly step: number }[] {
    return [...this.#windows].map(([seconds, { success }]) => ({ seconds, step: success.oldest(now) }));
  }

  /**
   * Takes up a step of an earlier run; they come in their order. `old`: no window has it any more; `damaged`: nothing that is measured leaves such;
   * `future`: the clock was set back, or somebody has made it up. Only what is `kept` counts.
   */
  restore(
    { input, seconds, step, sum, count }: Omit<MeasuredStep, 'input'> & { readonly input: string },
    now: number,
  ): 'kept' | 'old' | 'damaged' | 'future' {
    const windows = this.#windows.get(seconds);
    if (!isKept(input) || !isMeasured({ step, sum, count })) return 'damaged';
    // Of a length that a dimension had before.
    if (windows === undefined) return 'old';
    const place = windows[input].placeOf(step, now);
    if (place !== 'within') return place;
    windows[input].restore({ step, sum, count });
    return 'kept';
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

/** More of them only takes safety down, and what is not there is as after a start of old. */
const keptInputs = inputNames.filter((name) => inputs[name].read === 'sum');

function isKept(name: string): name is InputName {
  return (keptInputs as readonly string[]).includes(name);
}

/** Counted is at least one. */
function isMeasured({ step, sum, count }: Step): boolean {
  const whole = Number.isSafeInteger(step) && step >= 0 && Number.isSafeInteger(count) && count > 0;
  return whole && sum >= 0 && Number.isFinite(sum);
}

function windowsOf(seconds: number): Windows {
  return inputsOf(() => new Window(seconds));
}

function inputsOf<T>(make: (name: InputName) => T): Record<InputName, T> {
  return Object.fromEntries(inputNames.map((name) => [name, make(name)])) as Record<InputName, T>;
}
