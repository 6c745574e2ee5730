/**
 * Methods of the control socket about access rules. Rules have patterns of paths in them, so they go from sherinctl to sherin-fs
 * directly: on sherind's socket no text travels.
 */
import { z } from 'zod';
import { accessOperations, accessRulesSchema } from '../../common/access/rules.js';
import { shortNameSchema } from '../../common/short-name.js';
import { type Method, method, nothing } from './terms.js';
import { count, target, text } from './values.js';

const id = z.int().min(0).max(0xffff_ffff);

/** `modes`: no rule says anything, so modes and the path's tag decide alone. */
const decision = z.strictObject({
  effect: z.enum(['allow', 'deny', 'modes']),
  rule: shortNameSchema.nullable(),
});

export const accessMethods = {
  'rules.list': method(
    'The access rules, in the order in which they are tried, those of the floor first; null: they can not be read',
    nothing,
    z.strictObject({
      version: count.nullable(),
      floor: accessRulesSchema.nullable(),
      rules: accessRulesSchema.nullable(),
    }),
  ),
  'rules.set': method(
    'Puts other rules in the place of all but the floor; for administrators; durable and in force when answered',
    z.strictObject({
      rules: accessRulesSchema,
      /** That they must have had; null: whichever. */
      version: count.nullable(),
    }),
    z.strictObject({ version: count }),
  ),
  'rules.test': method(
    'What the rules would decide, and which of them',
    z.strictObject({
      target,
      operation: z.enum(accessOperations),
      uid: id,
      gids: z.array(id).max(1024).default([]),
      bot: shortNameSchema.optional(),
    }),
    z.strictObject({
      decision,
      /** For each path that leads there; the strictest counts. */
      places: z.array(z.strictObject({ path: text.nullable(), decision })),
      /** There are others, which count as well. */
      more: z.boolean(),
    }),
  ),
} as const satisfies Record<string, Method>;
