/** Answer of `why`. */
import { z } from 'zod';
import { text } from './values.js';

export const whySchema = z.strictObject({
  /** Sentences, most important first. */
  reasons: z.array(text),
  /** The exact next command, or null when nothing is wrong. */
  next: text.nullable(),
});
export type Why = z.infer<typeof whySchema>;
