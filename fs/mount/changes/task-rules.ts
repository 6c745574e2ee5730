/** What differs where requests and results lie (fs/manifest/tasks.ts): regular files only, their writer's alone. */
import { placeOf, placeOfFile, type TaskPlace } from '../../manifest/tasks.js';
import { PosixError } from '../posix-error.js';
import type { TreeView } from '../source.js';
import type { AttributeChange } from './inode-attributes.js';
import type { NewInode } from './names.js';

/** Of every file there, whatever was asked for. */
const mode = 0o600;

/** What is to be made in a directory. @throws PosixError EPERM for what is no regular file */
export function madeIn(tree: TreeView, directory: number, wanted: NewInode): NewInode {
  if (placeOf(tree, directory) === undefined) return wanted;
  if (wanted.kind !== 'file') throw new PosixError('EPERM');
  return { ...wanted, mode };
}

/** @throws PosixError EXDEV: names do not go from one of these places to another, nor to or from `files/` */
export function requireSamePlace(tree: TreeView, one: number, other: number): void {
  if (one === other) return;
  if (placeOf(tree, one) !== undefined || placeOf(tree, other) !== undefined) throw new PosixError('EXDEV');
}

/** @throws PosixError EXDEV as {@link requireSamePlace}; EPERM: a file there has one name */
export function requireLinkable(tree: TreeView, ino: number, directory: number): void {
  const from = placeOfFile(tree, ino);
  if (from === undefined && placeOf(tree, directory) === undefined) return;
  throw new PosixError(from?.directory === directory ? 'EPERM' : 'EXDEV');
}

/** A change of attributes as it is made at a place: owner and permissions stay. @param place of the inode, where it is a file @throws PosixError EPERM */
export function keptAttributes(
  tree: TreeView,
  ino: number,
  place: TaskPlace | undefined,
  change: AttributeChange,
): AttributeChange {
  const isDirectory = placeOf(tree, ino) !== undefined;
  if (!isDirectory && place === undefined) return change;
  const { mode: wanted, ...rest } = change;
  const inode = tree.inode(ino);
  const owned = (rest.uid ?? inode?.uid) === inode?.uid && (rest.gid ?? inode?.gid) === inode?.gid;
  if (!owned || (isDirectory && wanted !== undefined)) throw new PosixError('EPERM');
  return rest;
}

/** The place of what is to be changed. @throws PosixError EROFS: a result is as it was taken */
export function requireNoResult(tree: TreeView, ino: number): TaskPlace | undefined {
  const place = placeOfFile(tree, ino);
  if (place?.part === 'results') throw new PosixError('EROFS');
  return place;
}
