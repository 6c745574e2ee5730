/**
 * What is signed in the vault: the state, and the access rules. The rules have path names in them, so sherind, whose database
 * is not encrypted, keeps the state only; sherin-fs reads the rules from the record.
 */
import { z } from 'zod';
import { type AccessRule, accessRulesSchema, haveOwnNames } from '../../common/access/rules.js';
import { policyStateSchema } from './state.js';

export const policyRecordSchema = z.strictObject({
  v: z.literal(1),
  state: policyStateSchema,
  access: z
    .strictObject({
      /** Part of the floor: they only deny, and come before all others. */
      floor: accessRulesSchema.refine(
        (rules) => rules.every(({ effect }) => effect === 'deny'),
        'the floor only denies',
      ),
      rules: accessRulesSchema,
    })
    .refine(({ floor, rules }) => haveOwnNames([...floor, ...rules]), 'two rules have one name'),
});
export type PolicyRecord = Readonly<z.infer<typeof policyRecordSchema>>;

/** In the order in which they are tried. */
export function accessRulesOf({ access }: PolicyRecord): readonly AccessRule[] {
  return [...access.floor, ...access.rules];
}
