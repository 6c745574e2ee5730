/** Which namespace content gets where it lies: by its place beside `files/`, or by the directories above it (FORMAT.md, "Tasks"). */

import type { Namespace } from '../../common/ids.js';
import { parseNamespace } from '../../common/ids.js';
import { ownNamespace } from './own-namespace.js';
import { rootInode } from './records.js';
import { namespaceOfPart, placeOf, tasksInode } from './tasks.js';
import type { Tree } from './tree.js';

type Names = Pick<Tree, 'inode' | 'lookup' | 'linksOf' | 'parentsOf' | 'directory'>;

export const filesNamespace = parseNamespace('FILES');
const policyNamespace = parseNamespace('POLICY');

/** The namespace of what is written to a file. Of several names one that leads out of `FILES` counts, the first in the order of characters. */
export function namespaceOf(tree: Names, ino: number): Namespace {
  const parents = tree.parentsOf(ino);
  const [parent] = parents;
  if (parent !== undefined && parents.length === 1) return namespaceBelow(tree, parent);
  const [first = filesNamespace, ...others] = namespacesOfNames(tree, ino);
  if (others.length === 0) return first;
  const [named = first] = [first, ...others].filter((name) => name !== filesNamespace).sort();
  return named;
}

/** Of all its names. */
export function namespacesOfNames(tree: Names, ino: number): ReadonlySet<Namespace> {
  return new Set(tree.parentsOf(ino).map((parent) => namespaceBelow(tree, parent)));
}

/** Of what lies in a directory of one tree: by that, and by each other one, where the directory or the nearest above it that is still there may have another namespace. */
export function namespacesBelow(
  tree: Names,
  others: readonly Names[],
  directory: number,
): readonly Namespace[] {
  const found = [namespaceBelow(tree, directory)];
  for (const other of others) {
    const there = other === tree ? undefined : nearestIn(other, tree, directory);
    if (there !== undefined) found.push(namespaceBelow(other, there));
  }
  return found;
}

/** The directory, or the first above it that another tree has; undefined where that is the top. Inode numbers are not given again. */
function nearestIn(other: Names, tree: Names, directory: number): number | undefined {
  for (let at = directory; at !== 0 && at !== rootInode; at = tree.directory(at)?.parent ?? 0)
    if (other.directory(at) !== undefined) return at;
  return directory === rootInode ? rootInode : undefined;
}

/** Of what gets a name in a directory: the nearest one that has a namespace of its own decides. */
export function namespaceBelow(tree: Names, directory: number): Namespace {
  const place = placeOf(tree, directory);
  if (place !== undefined) return namespaceOfPart(place.part);
  for (let at = directory; at !== rootInode; ) {
    const here = tree.directory(at);
    const own = ownNamespace(here);
    if (own !== undefined) return own;
    if (here === undefined || here.parent === 0)
      return at === tasksInode(tree) ? policyNamespace : filesNamespace;
    at = here.parent;
  }
  return filesNamespace;
}
