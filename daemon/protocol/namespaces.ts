/** Methods of the control socket about namespaces. */
import { z } from 'zod';
import { namespaceTableSchema } from '../../common/namespaces/record.js';
import { type Method, method, nothing } from './terms.js';
import { count, text } from './values.js';

export const namespaceMethods = {
  'namespaces.list': method(
    'The settings of namespaces that have some of their own; null: they can not be read',
    nothing,
    z.strictObject({ version: count.nullable(), namespaces: namespaceTableSchema.nullable() }),
  ),
  'namespaces.directories': method(
    'The directories below files/ that have a namespace of their own, as the caller may list them, by path, after one',
    z.strictObject({ after: text.optional() }),
    z.strictObject({
      directories: z.array(z.strictObject({ path: text, namespace: z.string() })),
      /** Others follow. */
      more: z.boolean(),
    }),
  ),
  'namespaces.set': method(
    'Puts other settings in the place of all that are there; for administrators; durable and in force when answered',
    z.strictObject({
      namespaces: namespaceTableSchema,
      /** That they must have had; null: whichever. */
      version: count.nullable(),
    }),
    z.strictObject({ version: count }),
  ),
  'namespaces.assign': method(
    'Gives a directory below files/ a namespace of its own, or takes it away (null); for administrators; durable and in force when answered',
    z.strictObject({ path: text, namespace: z.string().max(64).nullable() }),
    z.strictObject({
      /** Its own until then; null: it had none. */
      before: z.string().nullable(),
      /** That of what is written below it from now on. */
      namespace: z.string(),
    }),
  ),
} as const satisfies Record<string, Method>;
