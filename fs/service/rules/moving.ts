/** Rules follow paths, so a name that goes could take what it leads to out from under them. */
import type { Place } from '../../../common/access/decide.js';
import { bytesToText } from '../../../common/names.js';
import { placesOf, type RuledTree } from './places.js';

type Path = readonly string[];

/** Inodes looked at for one change of a name. */
export const mostMoved = 10_000;

/** Where an inode is now, and where it is after a name has become another, or has gone (null). */
export interface Moved {
  readonly ino: number;
  readonly before: readonly Place[];
  readonly after: readonly Place[];
}

/**
 * Everything that a change of a name moves; `'many'` in place of what is beyond {@link mostMoved}.
 * @param reaches whether rules say anything at a path or below it: what they say nothing of is left out
 */
export function* movedBy(
  tree: RuledTree,
  ino: number,
  from: Path,
  to: Path | null,
  reaches: (path: Path) => boolean,
): Generator<Moved | 'many'> {
  const waiting: { readonly ino: number; readonly path: Path }[] = [{ ino, path: from }];
  let count = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!reaches(next.path)) continue;
    if (++count > mostMoved) {
      yield 'many';
      return;
    }
    const before = placesOf(tree, next.ino);
    const after = before.flatMap((place) => placeAfter(place, from, to));
    yield { ino: next.ino, before, after };
    if (tree.inode(next.ino)?.kind !== 'directory') continue;
    for (const entry of tree.list(next.ino))
      waiting.push({ ino: entry.ino, path: [...next.path, bytesToText(entry.name)] });
  }
}

function placeAfter(place: Place, from: Path, to: Path | null): readonly Place[] {
  const { path } = place;
  const goes = path !== null && from.every((name, at) => path[at] === name);
  if (!goes) return [place];
  return to === null ? [] : [{ ...place, path: [...to, ...path.slice(from.length)] }];
}
