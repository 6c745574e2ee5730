/** Some of many, the same ones for the same seed. */
export function sample<T>(all: readonly T[], count: number, seed: number): T[] {
  const left = [...all];
  const chosen: T[] = [];
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  while (chosen.length < count && left.length > 0) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    chosen.push(...left.splice((state >>> 0) % left.length, 1));
  }
  return chosen;
}
