import { SherinError } from '../../common/errors.js';

/** A number from 0 to 1. @throws SherinError USAGE */
export function threshold(word: string): number {
  if (/^(0|1|0?\.\d{1,6}|1\.0+)$/.test(word)) return Number(word);
  throw new SherinError('USAGE', { what: `'${word}' is no number from 0 to 1` });
}
