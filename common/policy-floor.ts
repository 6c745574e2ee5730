/** Emotional thresholds, and the floor below which no method brings them. */
import { z } from 'zod';
import { SherinError } from './errors.js';

/** Dimensions that hold up the actions marked `felt` in the table of action types; looked at in this order. */
export const gates = ['confidence', 'empathy', 'safety'] as const;
export type Gate = (typeof gates)[number];

const threshold = z.number().min(0).max(1);
export const thresholdsSchema = z.strictObject({
  confidence: threshold,
  empathy: threshold,
  safety: threshold,
});
/** Each from 0 to 1; a value that equals its threshold passes. */
export type Thresholds = Readonly<z.infer<typeof thresholdsSchema>>;

/** The floor of a new vault, and its thresholds. */
export const shippedFloor: Thresholds = { confidence: 0.75, empathy: 0.65, safety: 0.95 };

/** The first gate whose threshold is below the floor, or null. */
export function belowFloor(thresholds: Thresholds, floor: Thresholds): Gate | null {
  return gates.find((gate) => !(thresholds[gate] >= floor[gate])) ?? null;
}

/** Thresholds, of which those below the floor rise to it. */
export function atLeast(thresholds: Thresholds, floor: Thresholds): Thresholds {
  return {
    confidence: Math.max(thresholds.confidence, floor.confidence),
    empathy: Math.max(thresholds.empathy, floor.empathy),
    safety: Math.max(thresholds.safety, floor.safety),
  };
}

/** @throws SherinError POLICY_FLOOR */
export function requireFloor(thresholds: Thresholds, floor: Thresholds): void {
  const gate = belowFloor(thresholds, floor);
  if (gate === null) return;
  throw new SherinError('POLICY_FLOOR', { what: gate, value: thresholds[gate], least: floor[gate] });
}
