import { z } from 'zod';

const shortName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isShortName(text: string): boolean {
  return shortName.test(text);
}

/** Versions, drivers, bots, rules, codes of the error table: what fits a word of 64 characters. */
export const shortNameSchema = z
  .string()
  .regex(shortName, 'a short name is wanted')
  .meta({ title: 'short name' });
