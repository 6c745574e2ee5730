/** Rules follow paths, and namespaces follow directories: a name that goes could take what it leads to out from under them. */
import type { Place } from '../../../common/access/decide.js';
import { bytesToText } from '../../../common/names.js';
import { namespaceBelow } from '../../manifest/namespaces.js';
import { ownNamespace } from '../../manifest/own-namespace.js';
import { rootInode } from '../../manifest/records.js';
import type { NameInTree } from '../../mount/source.js';
import { placesOfNames, type RuledTree } from './places.js';

type Path = readonly string[];

/** Inodes looked at for one change of a name. */
export const mostMoved = 10_000;

/** Where an inode is now, and where it is after a name has become another, or has gone: as of what would be written there then. */
export interface Moved {
  readonly ino: number;
  readonly before: readonly Place[];
  readonly after: readonly Place[];
}

/** A name that becomes another, or goes (null), with their paths. */
export interface Move {
  readonly from: NameInTree & { readonly path: Path };
  readonly to: (NameInTree & { readonly path: Path | null }) | null;
}

/**
 * Everything that a change of a name moves; `'many'` in place of what is beyond {@link mostMoved}.
 * @param reaches whether rules say anything at a path or below it: what they say nothing of is left out
 */
export function* movedBy(
  tree: RuledTree,
  ino: number,
  { from, to }: Move,
  reaches: (path: Path) => boolean,
): Generator<Moved | 'many'> {
  const waiting: { readonly ino: number; readonly path: Path }[] = [{ ino, path: from.path }];
  const inherits = to && namespaceBelow(tree, to.parent);
  let count = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!reaches(next.path)) continue;
    if (++count > mostMoved) {
      yield 'many';
      return;
    }
    const before = placesOfNames(tree, next.ino);
    const parents = tree.parentsOf(next.ino);
    const after = before.flatMap((place, at) => {
      const { namespace, path } = place;
      if (path === null || !from.path.every((name, depth) => path[depth] === name)) return [place];
      if (to === null || to.path === null) return [];
      const isItself = path.length === from.path.length;
      const own = isItself ? undefined : ownWithin(tree, parents[at] ?? rootInode, ino);
      const then = namespace === null ? null : (own ?? inherits);
      return [{ namespace: then, path: [...to.path, ...path.slice(from.path.length)] }];
    });
    yield { ino: next.ino, before, after };
    if (tree.inode(next.ino)?.kind !== 'directory') continue;
    for (const entry of tree.list(next.ino))
      waiting.push({ ino: entry.ino, path: [...next.path, bytesToText(entry.name)] });
  }
}

/** The namespace that goes with a directory, as it or one above it has it, up to the one that moves. */
function ownWithin(tree: RuledTree, directory: number, moved: number): string | undefined {
  for (let at: number | undefined = directory; at !== undefined; [at] = tree.parentsOf(at)) {
    const own = ownNamespace(tree.inode(at));
    if (own !== undefined || at === moved) return own;
  }
  return undefined;
}
