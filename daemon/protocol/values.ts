/** Values that many messages have. */
import { z } from 'zod';

/** Characters (UTF-16) of the longest path and the longest value of an extended attribute in base64. */
export const longestText = 16_384;
export const text = z.string().max(longestText);
/** May be beyond what the manifest can hold: one entry's fault, not that of the message. */
export const time = z.string().regex(/^-?\d{1,20}$/);
/** Whole and exact: at most 2^53 − 1. */
export const count = z.int().nonnegative();
/** A path below the tree, a Sherin ID or a cube ID. */
export const target = text.min(1);
