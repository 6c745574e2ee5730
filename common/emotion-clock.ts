/**
 * For what is measured of emotion: milliseconds since 1970 as they were when this process started, and from there on by a clock that never goes back: what is measured by it can be
 * compared with what was measured before a restart.
 */
export function emotionClock(): number {
  return performance.timeOrigin + performance.now();
}
