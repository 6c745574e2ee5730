import type { Stored } from './stored.js';
import type { Writing } from './writing.js';

/** What programs have in cubes, and in no version that the manifest has, files without a name included. */
export function* inCubes({ contents, working }: Writing): Iterable<Stored> {
  for (const { content } of contents.all()) yield* content.inCubes();
  for (const change of working.uncommitted()) if (change.type === 'version') yield* change.frozen.inCubes();
}
