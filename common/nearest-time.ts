/** Nanoseconds since 1970 that fit 64 bits: the years 1677 to 2262. */
const [firstTime, lastTime] = [-(2n ** 63n), 2n ** 63n - 1n];

/** The time, or the one nearest to it that a record holds: file systems do so with what they have no number for. */
export function nearestTime(time: bigint): bigint {
  if (time < firstTime) return firstTime;
  return time > lastTime ? lastTime : time;
}
