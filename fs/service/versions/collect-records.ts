import type { Collection } from '../../history/collection.js';
import { type CollectedBy, type Mutation, mostCollected } from '../../manifest/records.js';

/** The records of what is given up, as many as it takes. */
export function collectRecords(by: CollectedBy, { puts, objects }: Collection): Mutation[] {
  const count = Math.ceil(Math.max(puts.length, objects.length) / mostCollected);
  return Array.from({ length: count }, (_, at) => {
    const [from, to] = [at * mostCollected, (at + 1) * mostCollected];
    return { type: 'collect', by, puts: puts.slice(from, to), objects: objects.slice(from, to) };
  });
}
