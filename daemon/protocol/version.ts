import { z } from 'zod';
import { count, time } from './values.js';

export const versionSchema = z.strictObject({
  /** From 1, the oldest version that the path has shown. */
  number: count,
  time,
  size: count,
  /** Sherin ID of its content; absent for an empty file that was never put. */
  id: z.string().optional(),
  /** It is not kept any more: who gave it up, and when. */
  collected: z.strictObject({ by: z.enum(['gc', 'destroy']), time }).optional(),
});
export type VersionInfo = z.infer<typeof versionSchema>;
