/** The dimensions of the emotional state: an initial value, moved by weighted inputs over a time window. */
import { z } from 'zod';
import { shortNameSchema } from '../../common/short-name.js';
import { type InputName, type Inputs, inputNames } from './inputs.js';

export interface Dimension {
  /** Its value while nothing was measured. */
  readonly initial: number;
  readonly windowSeconds: number;
  /** value = initial + the sum of weight × input, kept within 0 and 1. */
  readonly weights: { readonly [I in InputName]?: number | undefined };
}

const minutes = 60;
const hours = 3600;

export const dimensions = {
  confidence: {
    initial: 0.8,
    windowSeconds: 10 * minutes,
    weights: { success: 0.2, error: -0.5 },
    doc: 'how far recent work can be relied on: a burst of failures takes it down, successes and time bring it back',
  },
  empathy: {
    initial: 0.8,
    windowSeconds: 5 * minutes,
    weights: { waiting: -0.3, queue: -0.2 },
    doc: 'regard for those who wait: while many do, Sherin does not work on itself',
  },
  curiosity: {
    initial: 0.5,
    windowSeconds: 1 * hours,
    weights: { novelty: 0.5, load: -0.3, queue: -0.2 },
    doc: 'how much room there is for what is new',
  },
  safety: {
    initial: 1,
    windowSeconds: 24 * hours,
    weights: { integrity: -1 },
    doc: 'trust in the vault: one cube that fails verification takes it below its threshold for a day',
  },
  urgency: {
    initial: 0.1,
    windowSeconds: 5 * minutes,
    weights: { waiting: 0.5, queue: 0.4 },
    doc: 'how pressing the waiting work is',
  },
  optimism: {
    initial: 0.5,
    windowSeconds: 1 * hours,
    weights: { success: 0.5, error: -0.5 },
    doc: 'how well things went of late',
  },
  caution: {
    initial: 0.3,
    windowSeconds: 1 * hours,
    weights: { error: 0.4, integrity: 0.5, novelty: 0.2 },
    doc: 'how much care is due',
  },
} as const satisfies Record<string, Dimension & { readonly doc: string }>;
export type DimensionName = keyof typeof dimensions;
export const dimensionNames = Object.keys(dimensions) as [DimensionName, ...DimensionName[]];

export const mostCustomDimensions = 16;

const weight = z.number().min(-1).max(1);

export const customDimensionSchema = z.strictObject({
  name: shortNameSchema.refine(
    (name) => !Object.hasOwn(dimensions, name),
    'a dimension has this name already',
  ),
  initial: z.number().min(0).max(1),
  /** From a minute to a week. */
  windowSeconds: z
    .int()
    .min(1 * minutes)
    .max(7 * 24 * hours),
  weights: z
    .partialRecord(z.enum(inputNames), weight)
    .refine((weights) => Object.keys(weights).length > 0, 'an input is wanted'),
});
export type CustomDimension = Readonly<z.infer<typeof customDimensionSchema>>;

/** Dimensions from the configuration, beside the seven. */
export const customDimensionsSchema = z
  .array(customDimensionSchema)
  .max(mostCustomDimensions)
  .refine(
    (list) => new Set(list.map(({ name }) => name)).size === list.length,
    'two dimensions have one name',
  );

/** From 0 to 1, in steps of 0.0001, so that a value that should equal a threshold does. */
export function dimensionValue({ initial, weights }: Dimension, measured: Inputs): number {
  const value = inputNames.reduce((sum, name) => sum + (weights[name] ?? 0) * measured[name], initial);
  return Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
}
