/** The seven dimensions as values, and what a caller may say of them for a task of its own. */
import { z } from 'zod';
import { type DimensionName, dimensionNames } from './dimensions.js';

/** Each from 0 to 1. */
export type Emotion = Readonly<Record<DimensionName, number>>;

/** A caller's `emotion`. */
export const claimSchema = z.partialRecord(z.enum(dimensionNames), z.number().min(0).max(1));
export type Claim = Readonly<z.infer<typeof claimSchema>>;

/** Sherin's own emotion for one task: a claim lowers values and never raises one. */
export function loweredBy(emotion: Emotion, claim: Claim): Emotion {
  const lowered = { ...emotion };
  for (const name of dimensionNames) lowered[name] = Math.min(emotion[name], claim[name] ?? 1);
  return lowered;
}

/** As {@link loweredBy}, measured when it is looked at first: what most is decided of depends on nothing of it. */
export class LoweredEmotion {
  readonly #measure: () => Emotion;
  readonly #claim: Claim;
  #lowered: Emotion | null = null;

  constructor(measure: () => Emotion, claim: Claim) {
    this.#measure = measure;
    this.#claim = claim;
  }

  get confidence(): number {
    return this.#value.confidence;
  }
  get empathy(): number {
    return this.#value.empathy;
  }
  get safety(): number {
    return this.#value.safety;
  }

  get #value(): Emotion {
    this.#lowered ??= loweredBy(this.#measure(), this.#claim);
    return this.#lowered;
  }
}
