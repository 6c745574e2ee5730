/** Changes of mode, thresholds and the switch for modifications. */
import { z } from 'zod';
import { gates, requireFloor, type Thresholds, thresholdsSchema } from '../../common/policy-floor.js';
import { modes } from '../../common/policy-scales.js';
import { type Change, changed } from './change.js';
import type { PolicyState } from './state.js';

/** What can be set online. */
export const settingsSchema = z
  .strictObject({
    mode: z.enum(modes).optional(),
    thresholds: thresholdsSchema.partial().optional(),
    modification: z.boolean().optional(),
  })
  .refine((settings) => Object.keys(settings).length > 0, 'a setting is wanted');
export type Settings = Readonly<z.infer<typeof settingsSchema>>;

/** @throws SherinError POLICY_FLOOR for a threshold below the floor; nothing is set then */
export function setPolicy(state: PolicyState, settings: Settings): Change {
  const { mode = state.mode, modification = state.modification } = settings;
  const thresholds = withGiven(state.thresholds, settings.thresholds ?? {});
  requireFloor(thresholds, state.floor);
  return {
    state: changed(state, { mode, modification, thresholds }),
    events: [{ event: 'AUDIT_POLICY_SET', id: null, meta: { mode, modification, ...thresholds } }],
  };
}

function withGiven(
  thresholds: Thresholds,
  given: { readonly [G in keyof Thresholds]?: number | undefined },
): Thresholds {
  const result = { ...thresholds };
  for (const gate of gates) result[gate] = given[gate] ?? thresholds[gate];
  return result;
}
