/** Which namespaces content is in: where its files lie, and by its ID. */
import { parseSherinId } from '../../../common/ids.js';
import { namespacesBelow } from '../../manifest/namespaces.js';
import type { ObjectInfo, Tree } from '../../manifest/tree.js';

type Names = Pick<Tree, 'inode' | 'lookup' | 'linksOf' | 'parentsOf' | 'directory' | 'inodesOf'>;

/** All files that have an object. */
export function filesOf(object: Pick<ObjectInfo, 'no'> | null, trees: readonly Names[]): readonly number[] {
  return object === null ? [] : trees.flatMap((tree) => tree.inodesOf(object.no));
}

/** Those of where files lie in any of the trees, by what each of them says of the directories there, and that of their content. */
export function namespacesOf(
  files: readonly number[],
  object: Pick<ObjectInfo, 'id'> | null,
  trees: readonly Names[],
): ReadonlySet<string> {
  const places = trees.flatMap((tree) =>
    files.flatMap((ino) => tree.parentsOf(ino).flatMap((parent) => namespacesBelow(tree, trees, parent))),
  );
  return new Set([...places, ...(object === null ? [] : [parseSherinId(object.id).namespace])]);
}
