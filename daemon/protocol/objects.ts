/** Methods of the control socket about objects, each for somebody who has asked sherind. */
import { z } from 'zod';
import { fileResolve, namesOne, objectLineage, objectList, objectStat } from './methods/object.js';
import { type Method, method } from './terms.js';
import { count } from './values.js';

const id = z.int().min(0).max(0xffff_ffff);

/** More than anybody has; what does not fit a message is refused, never left out. */
export const mostGroups = 4096;

/** Whom a request is for, in the kernel's word to sherind. Honoured from root and the user who runs sherin-fs only. */
export const callerSchema = z.strictObject({
  uid: id,
  gid: id,
  groups: z.array(id).max(mostGroups),
  /** Null once the process has ended. */
  pid: count.nullable(),
});
export type ControlCaller = z.infer<typeof callerSchema>;

const caller = callerSchema;

/** Beside the others of the control socket. */
export const objectMethods = {
  'object.stat': method('One object, for somebody', objectStat.params.extend({ caller }), objectStat.result),
  'object.list': method(
    'Objects of a namespace that somebody may read',
    objectList.params.extend({ caller }),
    objectList.result,
  ),
  'object.lineage': method(
    'Where an object came from and what came of it, for somebody',
    objectLineage.params.extend({ caller }),
    objectLineage.result,
  ),
  'file.resolve': method(
    'The cubes of a file or an object, for somebody',
    z.strictObject({ ...fileResolve.shape, caller }).refine(namesOne, 'inode or id is wanted'),
    fileResolve.result,
  ),
} as const satisfies Record<string, Method>;
