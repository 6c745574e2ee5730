/** What goes by names goes by others after a change: which files a mutation brings elsewhere. */
import { ownNamespace } from '../manifest/own-namespace.js';
import type { Mutation } from '../manifest/records.js';
import type { Tree } from '../manifest/tree.js';

/** Inodes; or all that may lie below a directory. */
export type Moved = readonly number[] | 'all';

type Names = Pick<Tree, 'lookup' | 'directory'>;

/** Inodes that lie elsewhere, or get or lose a name, by a mutation; those of a directory that is in another namespace by it lie elsewhere, too. @param tree as it was before */
export function movedBy(tree: Names, mutation: Mutation): Moved {
  switch (mutation.type) {
    case 'link':
      return [mutation.inode];
    case 'unlink':
    case 'policy':
      return byNames(tree, mutation);
    case 'rename': {
      const { newParent, newName } = mutation;
      return byNames(tree, mutation, { parent: newParent, name: newName });
    }
    case 'attributes': {
      const before = tree.directory(mutation.inode);
      return before === undefined || ownNamespace(before) === ownNamespace(mutation.attributes) ? [] : 'all';
    }
    default:
      return [];
  }
}

function byNames(
  tree: Names,
  ...names: readonly { readonly parent: number; readonly name: Buffer }[]
): Moved {
  const entries = names.map(({ parent, name }) => tree.lookup(parent, name));
  if (entries.some((entry) => entry?.kind === 'directory')) return 'all';
  return entries.flatMap((entry) => (entry === undefined ? [] : [entry.ino]));
}
