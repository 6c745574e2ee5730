import { SherinError } from '../../common/errors.js';

/** A number from 0 to 1. @throws SherinError USAGE */
export function threshold(word: string): number {
  const value = /^(0|1|0?\.\d{1,6}|1\.0+|0\.\d{1,6})$/.test(word) ? Number(word) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new SherinError('USAGE', { what: `'${word}' is no number from 0 to 1` });
}
