import { SherinError } from './errors.js';

/** What may be done of a segment, where it is none of a later program. */
export const newerSegment =
  '. If no newer Sherin was ever used on this vault, somebody has put that file there: see sherinctl fsck --set-aside';

/**
 * The error for what a later program has written: nothing of it is changed, and nobody has tampered with it.
 * @param path of the file, for people
 * @param reads the newest version that this program reads
 * @param also more of a hint, such as {@link newerSegment}
 */
export function newerFormat(path: string, found: number, reads: number, also = ''): SherinError {
  return new SherinError('FORMAT_NEWER', { path, found, reads, also });
}

/** Whether a version, of whatever type, is that of a later program. */
export function isNewer(found: unknown, reads: number): found is number {
  return typeof found === 'number' && Number.isSafeInteger(found) && found > reads;
}
