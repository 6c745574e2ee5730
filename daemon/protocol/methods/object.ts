/** `object.*` and `file.resolve`: what sherin-fs tells of objects, to those who may read them. */
import { z } from 'zod';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { count, cubeIdSchema, namespaceSchema, sherinIdSchema, shortNameSchema } from '../short-values.js';

/** Items of a page, so that the longest fit a line. */
export const pageItems = { ids: 56, relatives: 32, cubes: 64 } as const;

const afterId = sherinIdSchema.optional().describe('`next` of the page before; none: the first page');

export const objectStat = {
  params: z.strictObject({ id: sherinIdSchema }),
  result: z.strictObject({
    id: sherinIdSchema,
    size: count.describe('bytes'),
    stored: count.describe('bytes that are not known to be holes'),
    files: count.describe('files whose content it is now'),
    policy: z.enum(['user', 'admin', 'system']).describe('the strictest of all paths that lead to it'),
    verified: z.boolean().describe('all of it was checked since sherin-fs started'),
  }),
} as const;

export const objectList = {
  params: z.strictObject({ namespace: namespaceSchema, page: afterId }),
  result: z.strictObject({
    ids: z.array(sherinIdSchema).max(pageItems.ids),
    next: sherinIdSchema.nullable().describe('null: there is no more'),
  }),
} as const;

export const objectLineage = {
  params: z.strictObject({
    id: sherinIdSchema,
    page: count.optional().describe('`next` of the page before'),
  }),
  result: z.strictObject({
    id: sherinIdSchema,
    relatives: z
      .array(
        z.strictObject({
          id: sherinIdSchema,
          relation: z.enum(['ancestor', 'descendant']),
          kept: z.boolean().describe('its content is there'),
        }),
      )
      .max(pageItems.relatives)
      .describe('those that the caller may read'),
    next: count.nullable().describe('null: there is no more'),
  }),
} as const;

const resolved = {
  inode: count.optional().describe('number of a file in `files/`'),
  id: sherinIdSchema.optional().describe('or of an object: one of both'),
  page: count.optional().describe('`next` of the page before'),
};

/** What is resolved is named one way. */
export function namesOne({ inode, id }: { inode?: number | undefined; id?: string | undefined }): boolean {
  return (inode === undefined) !== (id === undefined);
}

export const fileResolve = {
  shape: resolved,
  params: z.strictObject(resolved).refine(namesOne, 'inode or id is wanted'),
  result: z.strictObject({
    id: sherinIdSchema.nullable().describe('null: a file that was never written to'),
    version: shortNameSchema.describe('another one: what was told before is stale'),
    cube_ids: z.array(cubeIdSchema).max(pageItems.cubes),
    size: count.describe('bytes'),
    next: count.nullable().describe('null: there is no more'),
  }),
} as const;

export const objectMethods = {
  'object.stat': daemonMethod('open', 'One object', objectStat.params, objectStat.result),
  'object.list': daemonMethod(
    'open',
    'Objects of a namespace that the caller may read, in pages, oldest first',
    objectList.params,
    objectList.result,
  ),
  'object.lineage': daemonMethod(
    'open',
    'What an object was made from, and what was made from it, in pages',
    objectLineage.params,
    objectLineage.result,
  ),
  'file.resolve': daemonMethod(
    'open',
    'The cubes of a file or an object, in order, holes left out, in pages',
    fileResolve.params,
    fileResolve.result,
  ),
} as const satisfies Record<string, DaemonTerm>;
