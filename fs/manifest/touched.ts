import type { Mutation } from './records.js';
import { attributesOf, type Tree } from './tree.js';

/** The new times of a directory that has got or lost entries; none where it is gone itself. */
export function touched(tree: Pick<Tree, 'inode'>, directory: number, now: bigint): Mutation[] {
  const inode = tree.inode(directory);
  if (inode === undefined) return [];
  const attributes = { ...attributesOf(inode), mtime: now, ctime: now };
  return [{ type: 'attributes', inode: directory, attributes }];
}
