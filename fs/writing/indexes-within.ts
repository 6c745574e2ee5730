/** Those from `first` up to `end`, found in as few steps as there are of them or of numbers between. */
export function indexesWithin(
  indexes: { readonly size: number; has(index: number): boolean; keys(): Iterable<number> },
  first: number,
  end: number,
): number[] {
  if (end - first > indexes.size) return [...indexes.keys()].filter((at) => at >= first && at < end);
  const found: number[] = [];
  for (let at = first; at < end; at++) if (indexes.has(at)) found.push(at);
  return found;
}
