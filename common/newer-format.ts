import { SherinError } from './errors.js';

/**
 * The error for what a later program has written: nothing of it is changed, and nobody has tampered with it.
 * @param path of the file, for people
 * @param reads the newest version that this program reads
 */
export function newerFormat(path: string, found: number, reads: number): SherinError {
  return new SherinError('FORMAT_NEWER', { path, found, reads });
}

/** Whether a version, of whatever type, is that of a later program. */
export function isNewer(found: unknown, reads: number): found is number {
  return typeof found === 'number' && Number.isSafeInteger(found) && found > reads;
}
