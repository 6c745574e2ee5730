/** The records that take something out of the tree, with all that is below it. Its old versions stay in the log. */
import { SherinError } from '../../common/errors.js';
import type { Mutation } from '../manifest/records.js';
import { attributesOf, type Entry, type Tree } from '../manifest/tree.js';
import { namesText } from '../tree-path.js';

export interface Removal {
  readonly parent: number;
  readonly entry: Entry;
}

/** @throws SherinError PATH_MISSING; IS_DIRECTORY for the root, which stays */
export function findRemoval(tree: Tree, path: readonly Buffer[]): Removal {
  const name = path.at(-1);
  if (name === undefined) throw new SherinError('IS_DIRECTORY', { path: 'files/' });
  const parent = tree.find(path.slice(0, -1));
  const entry = parent?.kind === 'directory' ? tree.lookup(parent.ino, name) : undefined;
  if (parent === undefined || entry === undefined)
    throw new SherinError('PATH_MISSING', { path: namesText(path) });
  return { parent: parent.ino, entry };
}

/** Everything that goes, what is in a directory before the directory itself. */
export function* removalsBelow(tree: Tree, removal: Removal): Generator<Removal> {
  if (removal.entry.kind === 'directory') {
    const parent = removal.entry.ino;
    for (const entry of [...tree.list(parent)]) yield* removalsBelow(tree, { parent, entry });
  }
  yield removal;
}

/** A file that keeps other names is changed by losing one (unlink(2): st_ctime). */
export function mutationsOf(tree: Tree, { parent, entry }: Removal, now: bigint): Mutation[] {
  const unlink: Mutation = { type: 'unlink', parent, name: entry.name };
  const inode = tree.inode(entry.ino);
  if (inode === undefined || inode.kind === 'directory' || inode.nlink < 2) return [unlink];
  const attributes = { ...attributesOf(inode), ctime: now };
  // First, as the other names may go in the same commit.
  return [{ type: 'attributes', inode: entry.ino, attributes }, unlink];
}
