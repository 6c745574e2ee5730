/** What may travel on the socket of sherind: IDs, enums, numbers and short names. */
import { z } from 'zod';
import { asCubeId, isSherinId } from '../../common/ids.js';

export { shortNameSchema } from '../../common/short-name.js';

/** Whole and exact: at most 2^53 − 1. */
export const count = z.int().nonnegative();
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case UUID is wanted')
  .meta({ title: 'UUID' });
export const sherinIdSchema = z
  .string()
  .max(58)
  .refine((text): boolean => isSherinId(text), 'a Sherin ID is wanted')
  .meta({ title: 'Sherin ID' });
export const cubeIdSchema = z
  .string()
  .length(52)
  .refine((text) => asCubeId(text) !== undefined, 'a cube ID is wanted')
  .meta({ title: 'cube ID' });
/** 16 bytes in base32, so that the last digit has three bits of them. */
const taskId = /^t_[a-z2-7]{25}[aeimquy4]$/;
export function isTaskId(text: string): boolean {
  return taskId.test(text);
}
export const taskIdSchema = z.string().regex(taskId, 'a task ID is wanted').meta({ title: 'task ID' });
/** 32 bytes in base64, as hashes stand in the audit log; and 64, a signature. */
export const hashSchema = z
  .string()
  .regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'a hash is wanted')
  .meta({ title: 'hash' });
export const signatureSchema = z
  .string()
  .regex(/^[A-Za-z0-9+/]{85}[AQgw]==$/, 'a signature is wanted')
  .meta({ title: 'signature' });
export const namespaceSchema = z
  .string()
  .regex(/^[A-Z][A-Z0-9-]{0,15}$/, 'a namespace is wanted')
  .meta({ title: 'namespace' });
