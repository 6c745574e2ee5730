/** Where rules find an object: under every name that leads to it. */
import type { Place } from '../../../common/access/decide.js';
import { parseSherinId, type SherinId } from '../../../common/ids.js';
import { bytesToText } from '../../../common/names.js';
import { filesNamespace, namespaceBelow, namespacesBelow } from '../../manifest/namespaces.js';
import { type InodeKind, rootInode } from '../../manifest/records.js';
import type { Tree } from '../../manifest/tree.js';
import type { NameInTree } from '../../mount/source.js';

export type RuledTree = Pick<
  Tree,
  'inode' | 'lookup' | 'list' | 'linksOf' | 'parentsOf' | 'directory' | 'inodesOf' | 'object' | 'objectById'
>;

/**
 * A place for each name of an inode, in the namespace of what would be written there; what has no name has neither.
 * @param others trees by which the directories there may be in other namespaces: a place for each of those, too
 */
export function placesOfNames(
  tree: RuledTree,
  ino: number,
  others: readonly RuledTree[] = [],
): readonly Place[] {
  if (ino === rootInode) return [{ namespace: null, path: [] }];
  const kind = tree.inode(ino)?.kind ?? 'file';
  const links = tree.linksOf(ino);
  if (links.length === 0) return [{ namespace: kind === 'file' ? filesNamespace : null, path: null }];
  if (kind !== 'file' || others.length === 0) return links.map((link) => placeOfName(tree, link, kind));
  return links.flatMap((link) => {
    const path = pathOf(tree, link);
    return namespacesBelow(tree, others, link.parent).map((namespace) => ({ namespace, path }));
  });
}

/** As {@link placesOfNames}, and by the namespace of its content where that is in another one. */
export function placesOf(tree: RuledTree, ino: number, others: readonly RuledTree[] = []): readonly Place[] {
  return byContent(tree, ino, placesOfNames(tree, ino, others));
}

/** Places of an inode, each also in the namespace that its content is in. */
export function byContent(tree: RuledTree, ino: number, places: readonly Place[]): readonly Place[] {
  const object = tree.object(tree.inode(ino)?.object ?? 0);
  if (object === undefined) return places;
  const { namespace } = parseSherinId(object.id);
  const others = places.filter((place) => place.namespace !== namespace);
  return [...places, ...others.map((place) => ({ ...place, namespace }))];
}

/** Of an object: the places of all files that have this content. */
export function placesOfId(
  tree: RuledTree,
  id: SherinId,
  others: readonly RuledTree[] = [],
): readonly Place[] {
  const object = tree.objectById(parseSherinId(id));
  const inodes = object === undefined ? [] : tree.inodesOf(object.no);
  if (inodes.length > 0) return inodes.flatMap((ino) => placesOf(tree, ino, others));
  return [{ namespace: parseSherinId(id).namespace, path: null }];
}

/** Of a name that need not be there. @param kind of what it is to lead to */
export function placeOfName(tree: RuledTree, name: NameInTree, kind: InodeKind): Place {
  const namespace = kind === 'file' ? namespaceBelow(tree, name.parent) : null;
  return { namespace, path: pathOf(tree, name) };
}

/** Of a file by its path, where nothing need be yet. */
export function placeOfPath(tree: RuledTree, names: readonly Buffer[]): Place {
  const namespace = namespaceBelow(tree, deepest(tree, names.slice(0, -1)));
  return { namespace, path: names.map((name) => bytesToText(name)) };
}

/** Names from `files/` down; null where they begin elsewhere. */
export function pathOf(tree: RuledTree, { parent, name }: NameInTree): readonly string[] | null {
  const names = [bytesToText(name)];
  for (let at = parent; at !== rootInode; ) {
    const [link] = tree.linksOf(at);
    if (link === undefined) return null;
    names.push(bytesToText(link.name));
    at = link.parent;
  }
  return names.reverse();
}

/** The last directory of a path that is there. */
function deepest(tree: RuledTree, names: readonly Buffer[]): number {
  let at: number = rootInode;
  for (const name of names) {
    const entry = tree.lookup(at, name);
    if (entry?.kind !== 'directory') break;
    at = entry.ino;
  }
  return at;
}
