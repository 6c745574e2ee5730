/** Access rules as they are written: who may do what where, in their order. */
import { z } from 'zod';
import { shortNameSchema } from '../short-name.js';
import { globFault } from './glob.js';

export const accessOperations = [
  /** Content and extended attributes. */
  'read',
  /** Content, attributes and extended attributes. */
  'write',
  /** Names in a directory. */
  'list',
  /** A new name; that of a link or a rename, too. */
  'create',
  /** An old name; that of a rename, too. */
  'remove',
] as const;
export type AccessOperation = (typeof accessOperations)[number];

export const longestGlob = 256;
export const mostAccessRules = 128;
/** Of a file with rules: each may be written with spaces, escapes and line breaks. */
export const mostRulesBytes = 1024 ** 2;

const id = z.int().min(0).max(0xffff_ffff);

const whoSchema = z.union([
  z.strictObject({ uid: id }),
  /** Primary or supplementary group. */
  z.strictObject({ gid: id }),
  z.strictObject({ bot: shortNameSchema }),
  z.literal('anyone'),
]);

/** Relative to `files/`. */
const globSchema = z
  .string()
  .min(1)
  .max(longestGlob)
  .superRefine((text, context) => {
    const fault = globFault(text);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });

const whereSchema = z.union([
  z.strictObject({ namespace: z.string().regex(/^[A-Z][A-Z0-9-]{0,15}$/, 'a namespace is wanted') }),
  z.strictObject({ path: globSchema }),
]);

export const accessRuleSchema = z.strictObject({
  /** What audit records and explanations call it. */
  name: shortNameSchema,
  who: whoSchema,
  where: whereSchema,
  operations: z
    .array(z.enum(accessOperations))
    .min(1)
    .max(accessOperations.length)
    .refine((list) => new Set(list).size === list.length, 'an operation is there twice'),
  effect: z.enum(['allow', 'deny']),
});
export type AccessRule = z.infer<typeof accessRuleSchema>;

/** The first rule that matches decides. */
export const accessRulesSchema = z
  .array(accessRuleSchema)
  .max(mostAccessRules)
  .refine(haveOwnNames, 'two rules have one name');

export function haveOwnNames(rules: readonly AccessRule[]): boolean {
  return new Set(rules.map(({ name }) => name)).size === rules.length;
}
