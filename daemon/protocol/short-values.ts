/** What may travel on the socket of sherind: IDs, enums, numbers and short names. */
import { z } from 'zod';

/** Whole and exact: at most 2^53 − 1. */
export const count = z.int().nonnegative();
/** Versions, drivers, codes of the error table: what fits a word. */
export const shortNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a short name is wanted')
  .meta({ title: 'short name' });
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case UUID is wanted')
  .meta({ title: 'UUID' });
