/** `policy.*` and `emotion.get`: what may be done, and what waits for a person. */
import { z } from 'zod';
import { gates, thresholdsSchema } from '../../../common/policy-floor.js';
import { actionTypeNames, decisions, levels, modes, risks, stops } from '../../../common/policy-scales.js';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { count, shortNameSchema } from '../short-values.js';
import { nothing } from '../terms.js';

/** Entries of one answer: it has to fit a line. */
export const queuePage = 6;
export const emotionPage = 8;

const ratio = z.number().min(0).max(1);
const level = z.enum(levels).nullable();
const risk = z.enum(risks).nullable();
const type = z.enum(actionTypeNames);

const waiting = z.strictObject({
  action_id: shortNameSchema,
  ts: count.describe('milliseconds since 1970, as `expires`'),
  component: shortNameSchema.describe('who wants it'),
  type,
  level: z.enum(levels),
  risk,
  confidence: ratio.describe('of the emotional state when it came'),
  reasoning: shortNameSchema,
  rollback: shortNameSchema,
  expires: count,
});

const answer = z.strictObject({ action_id: shortNameSchema });

export const policyMethods = {
  'policy.get': daemonMethod(
    'open',
    'Mode, thresholds and their floor, emergency stop, and how many actions wait',
    nothing,
    z.strictObject({
      version: count.describe('goes up by one with each change'),
      mode: z.enum(modes),
      stop: z.enum(stops),
      modification: z.boolean(),
      thresholds: thresholdsSchema,
      floor: thresholdsSchema,
      waiting: count,
    }),
  ),
  'policy.set': daemonMethod(
    'admin',
    'Sets mode, thresholds (not below the floor), or whether modifications are allowed at all',
    z
      .strictObject({
        mode: z.enum(modes).optional(),
        thresholds: thresholdsSchema.partial().optional(),
        modification: z.boolean().optional(),
      })
      .refine((settings) => Object.keys(settings).length > 0, 'a setting is wanted'),
    z.strictObject({ version: count }),
  ),
  'policy.queue': daemonMethod(
    'admin',
    'Actions that wait for a person, the oldest first',
    z.strictObject({ page: shortNameSchema.optional().describe('`next` of the page before') }),
    z.strictObject({ actions: z.array(waiting).max(queuePage), next: shortNameSchema.nullable() }),
  ),
  'policy.approve': daemonMethod('admin', 'Has an action that waits done, once', answer, nothing),
  'policy.reject': daemonMethod('admin', 'Has an action that waits not done', answer, nothing),
  'policy.estop': daemonMethod(
    'admin',
    'Sets or clears the emergency stop: no new task, nothing is modified, bots are stopped. With `freeze`, what programs have written is committed, and the mount is read-only, too',
    z
      .strictObject({ on: z.boolean(), freeze: z.boolean().default(false) })
      .refine(({ on, freeze }) => on || !freeze, 'freeze goes with on'),
    z.strictObject({ stop: z.enum(stops) }),
  ),
  'policy.test': daemonMethod(
    'open',
    'What would be decided about an action now, and by which step',
    z
      .strictObject({ type, level: level.default(null), risk: risk.default(null) })
      .refine((action) => action.level !== null || action.risk !== null, 'a level or a risk is wanted'),
    z.strictObject({ decision: z.enum(decisions), reason: shortNameSchema }),
  ),
  'emotion.get': daemonMethod(
    'open',
    `The emotional state: each dimension and what it was computed from; ${gates.join(', ')} have thresholds`,
    z.strictObject({ page: shortNameSchema.optional().describe('`next` of the page before') }),
    z.strictObject({
      dimensions: z
        .array(
          z.strictObject({
            name: shortNameSchema,
            value: ratio,
            threshold: ratio.nullable(),
            success: ratio,
            error: ratio,
            waiting: ratio,
            queue: ratio,
            integrity: ratio,
            novelty: ratio,
            load: ratio,
          }),
        )
        .max(emotionPage),
      next: shortNameSchema.nullable(),
    }),
  ),
} as const satisfies Record<string, DaemonTerm>;
