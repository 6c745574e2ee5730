/** Access rules as the vault keeps them. They have names of paths in them: no part of sherind gets them. */
import { z } from 'zod';
import { type AccessRule, accessRulesSchema, haveOwnNames } from './rules.js';

export const accessRecordSchema = z
  .strictObject({
    v: z.literal(1),
    /** Goes up by one with each change. */
    version: z.int().nonnegative(),
    /** Part of the floor: they only deny, and come before all others. */
    floor: accessRulesSchema.refine(
      (rules) => rules.every(({ effect }) => effect === 'deny'),
      'the floor only denies',
    ),
    rules: accessRulesSchema,
  })
  .refine(({ floor, rules }) => haveOwnNames([...floor, ...rules]), 'two rules have one name');
export type AccessRecord = Readonly<z.infer<typeof accessRecordSchema>>;

/** That of a new vault. */
export const noAccessRules: AccessRecord = { v: 1, version: 0, floor: [], rules: [] };

/** In the order in which they are tried. */
export function accessRulesOf({ floor, rules }: AccessRecord): readonly AccessRule[] {
  return [...floor, ...rules];
}
