/** What no log may have: memory holds a record of the tail in about 1 KiB, and opening replays it. */
const longestTail = 50_000;

/** Whether there are so many records since the snapshot that a commit writes a new one: opening stays quick, memory bounded. */
export function isTooLong(tail: number): boolean {
  return tail >= longestTail;
}
