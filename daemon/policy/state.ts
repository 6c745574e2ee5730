/** What the policy engine knows: a signed record in the vault, and a copy of it in sherind's database. No text, no path. */
import { z } from 'zod';
import { belowFloor, shippedFloor, thresholdsSchema } from '../../common/policy-floor.js';
import { actionTypeNames, levels, modes, risks, stops } from '../../common/policy-scales.js';
import { shortNameSchema } from '../../common/short-name.js';
import { time } from '../protocol/values.js';

export const mostQueued = 256;

/** An action that waits for a person. */
export const queuedActionSchema = z.strictObject({
  action_id: shortNameSchema,
  /** When it came; nanoseconds since 1970, as `expires`. */
  ts: time,
  /** Who wants it. */
  component: shortNameSchema,
  type: z.enum(actionTypeNames),
  level: z.enum(levels),
  /** Null for what a person wants done. */
  risk: z.enum(risks).nullable(),
  /** Confidence of the emotional state when it came. */
  confidence: z.number().min(0).max(1),
  /** Name or ID of why, and of how it is undone. */
  reasoning: shortNameSchema,
  rollback: shortNameSchema,
  /** From then on nobody can approve it. */
  expires: time,
});
export type QueuedAction = Readonly<z.infer<typeof queuedActionSchema>>;

export const policyStateSchema = z
  .strictObject({
    /** Goes up by one with each change. */
    version: z.int().nonnegative(),
    mode: z.enum(modes),
    thresholds: thresholdsSchema,
    /** Changed only offline, with the recovery key. */
    floor: thresholdsSchema,
    /** Emergency stop. */
    stop: z.enum(stops),
    /** Whether what modifies may be done at all. */
    modification: z.boolean(),
    queue: z.array(queuedActionSchema),
    /** A person has approved them, and they are not done yet. */
    approved: z.array(queuedActionSchema).default([]),
  })
  .refine(({ queue, approved }) => queue.length + approved.length <= mostQueued, 'there are too many actions')
  .refine(({ thresholds, floor }) => belowFloor(thresholds, floor) === null, 'a threshold is below the floor')
  .refine(({ queue, approved }) => {
    const all = [...queue, ...approved];
    return new Set(all.map(({ action_id }) => action_id)).size === all.length;
  }, 'two actions have one ID');
export type PolicyState = Readonly<z.infer<typeof policyStateSchema>>;

/** That of a new vault. */
export const firstState: PolicyState = {
  version: 0,
  mode: 'semi_autonomous',
  thresholds: shippedFloor,
  floor: shippedFloor,
  stop: 'off',
  modification: true,
  queue: [],
  approved: [],
};
