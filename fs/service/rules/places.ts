/** Where rules find an object: under every name that leads to it. */
import type { Place } from '../../../common/access/decide.js';
import { parseSherinId, type SherinId } from '../../../common/ids.js';
import { bytesToText } from '../../../common/names.js';
import { type InodeKind, rootInode } from '../../manifest/records.js';
import { filesNamespace, namespaceOf, namespaceOfPart, placeOf } from '../../manifest/tasks.js';
import type { Tree } from '../../manifest/tree.js';
import type { NameInTree } from '../../mount/source.js';

export type RuledTree = Pick<
  Tree,
  'inode' | 'lookup' | 'list' | 'linksOf' | 'inodesOf' | 'object' | 'objectById'
>;

/** One place for each name of an inode; what has none has a namespace at most. */
export function placesOf(tree: RuledTree, ino: number): readonly Place[] {
  const namespace = namespaceOfInode(tree, ino);
  if (ino === rootInode) return [{ namespace, path: [] }];
  const links = tree.linksOf(ino);
  if (links.length === 0) return [{ namespace, path: null }];
  return links.map((link) => ({ namespace, path: pathOf(tree, link) }));
}

/** Of an object: the places of all files that have this content. */
export function placesOfId(tree: RuledTree, id: SherinId): readonly Place[] {
  const object = tree.objectById(parseSherinId(id));
  const inodes = object === undefined ? [] : tree.inodesOf(object.no);
  if (inodes.length > 0) return inodes.flatMap((ino) => placesOf(tree, ino));
  return [{ namespace: parseSherinId(id).namespace, path: null }];
}

/** Of a name that need not be there. @param kind of what it is to lead to */
export function placeOfName(tree: RuledTree, name: NameInTree, kind: InodeKind): Place {
  const path = pathOf(tree, name);
  if (kind !== 'file') return { namespace: null, path };
  const task = placeOf(tree, name.parent);
  return { namespace: task === undefined ? filesNamespace : namespaceOfPart(task.part), path };
}

/** Of a file by its path, where nothing need be yet. */
export function placeOfPath(names: readonly Buffer[]): Place {
  return { namespace: filesNamespace, path: names.map((name) => bytesToText(name)) };
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

function namespaceOfInode(tree: RuledTree, ino: number): string | null {
  const inode = tree.inode(ino);
  if (inode?.kind !== 'file') return null;
  const object = inode.object === 0 ? undefined : tree.object(inode.object);
  return object === undefined ? namespaceOf(tree, ino) : parseSherinId(object.id).namespace;
}
