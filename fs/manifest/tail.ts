/** Records of which even a large log may have so many since its snapshot. */
const shortTail = 30_000;
/** The part of the log above which more is too long. */
const longestShare = 1 / 3;
/** What no log may have: memory holds a record of the tail in about 1 KiB. */
const longestTail = 50_000;

/** Whether a log of this size has so many records since the snapshot that it wants a new one: opening stays quick, memory bounded. */
export function isTooLong(tail: number, size: number): boolean {
  return tail >= Math.min(longestTail, Math.max(shortTail, size * longestShare));
}
