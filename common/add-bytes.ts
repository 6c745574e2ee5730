/**
 * The sum of two sizes, which stops at 2^53 − 1: a message takes no number that is not exact, and a few sparse files are larger than that
 * together.
 */
export function addBytes(one: number, other: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, one + other);
}
