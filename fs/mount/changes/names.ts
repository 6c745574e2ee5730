/** What changes the names of the user's tree (POSIX.1-2017; errors as the man pages of section 2 have them). */
import type { InodeKind, Mutation } from '../../manifest/records.js';
import { attributesOf, type Entry, type Inode } from '../../manifest/tree.js';
import { PosixError } from '../posix-error.js';
import type { Caller, Changes } from '../source.js';

/** Bytes of the longest name, as statfs tells. */
const nameMax = 255;
const setgid = 0o2000;
/** renameat2(2). */
const noReplace = 1;
export const exchange = 2;

export interface NewInode {
  readonly kind: InodeKind;
  /** Low 12 bits, the caller's mask applied. */
  readonly mode: number;
  /** Of a symbolic link. */
  readonly target?: Buffer;
}

export interface Place {
  /** Inode number of a directory. */
  readonly parent: number;
  readonly name: Buffer;
}

/** Makes an inode with a name and returns its number. @throws PosixError EEXIST, ENOENT, ENOTDIR, ENAMETOOLONG */
export function make(changes: Changes, place: Place, wanted: NewInode, caller: Caller): number {
  const directory = directoryAt(changes, place);
  if (changes.tree.lookup(place.parent, place.name) !== undefined) throw new PosixError('EEXIST');
  const now = changes.now();
  const inherits = (directory.mode & setgid) !== 0;
  const { kind } = wanted;
  const ino = changes.newInode();
  changes.change([
    {
      type: 'attributes',
      inode: ino,
      attributes: {
        kind,
        mode: inherits && kind === 'directory' ? wanted.mode | setgid : wanted.mode,
        uid: caller.uid ?? directory.uid,
        gid: inherits ? directory.gid : (caller.gid ?? directory.gid),
        atime: now,
        mtime: now,
        ctime: now,
        target: wanted.target ?? null,
        xattrs: [],
      },
    },
    { type: 'link', ...place, inode: ino },
  ]);
  touchDirectory(changes, place.parent, now);
  return ino;
}

/** One more name for a file. @throws PosixError EPERM for directories, EEXIST, ENOENT, ENOTDIR, ENAMETOOLONG */
export function link(changes: Changes, ino: number, place: Place): void {
  directoryAt(changes, place);
  const inode = changes.tree.inode(ino);
  if (inode === undefined || changes.isOrphan(ino)) throw new PosixError('ENOENT');
  if (inode.kind === 'directory') throw new PosixError('EPERM');
  if (changes.tree.lookup(place.parent, place.name) !== undefined) throw new PosixError('EEXIST');
  const now = changes.now();
  changes.version(ino);
  changes.change([{ type: 'link', ...place, inode: ino }]);
  touchInode(changes, ino, now);
  touchDirectory(changes, place.parent, now);
}

/** @returns the inode whose name it was. @throws PosixError EISDIR, ENOENT, ENOTDIR, ENAMETOOLONG */
export function unlink(changes: Changes, place: Place): number {
  directoryAt(changes, place);
  const entry = entryAt(changes, place);
  if (entry.kind === 'directory') throw new PosixError('EISDIR');
  remove(changes, place, entry);
  return entry.ino;
}

/** @returns the inode whose name it was. @throws PosixError ENOTEMPTY, ENOTDIR, ENOENT, ENAMETOOLONG */
export function rmdir(changes: Changes, place: Place): number {
  directoryAt(changes, place);
  const entry = entryAt(changes, place);
  if (entry.kind !== 'directory') throw new PosixError('ENOTDIR');
  if (!isEmpty(changes, entry.ino)) throw new PosixError('ENOTEMPTY');
  remove(changes, place, entry);
  return entry.ino;
}

/**
 * Gives an inode another name, over what stands there; what was written to a file is durable no later than its name.
 * @param flags of renameat2(2)
 * @returns the inode that lost the new name by it; null: none did
 * @throws PosixError ENOENT, EEXIST, EISDIR, ENOTDIR, ENOTEMPTY, EINVAL, ENAMETOOLONG
 */
export function rename(changes: Changes, from: Place, to: Place, flags: number): number | null {
  if ((flags & ~(noReplace | exchange)) !== 0 || flags === (noReplace | exchange))
    throw new PosixError('EINVAL');
  directoryAt(changes, from);
  directoryAt(changes, to);
  const entry = entryAt(changes, from);
  const target = changes.tree.lookup(to.parent, to.name);
  if (flags === noReplace && target !== undefined) throw new PosixError('EEXIST');
  if (flags === exchange && target === undefined) throw new PosixError('ENOENT');
  if (entry.ino === target?.ino) return null;
  refuseBelowItself(changes, entry, to.parent);
  if (flags === exchange && target !== undefined) refuseBelowItself(changes, target, from.parent);
  if (flags !== exchange && target !== undefined) refuseReplacing(changes, entry, target);
  changes.version(entry.ino);
  if (flags === exchange && target !== undefined) changes.version(target.ino);
  const { parent, name } = from;
  const moved: Mutation = {
    type: 'rename',
    parent,
    name,
    newParent: to.parent,
    newName: to.name,
    exchange: flags === exchange,
  };
  changes.change([moved]);
  const now = changes.now();
  touchInode(changes, entry.ino, now);
  if (target !== undefined) touchInode(changes, target.ino, now);
  touchDirectory(changes, from.parent, now);
  if (to.parent !== from.parent) touchDirectory(changes, to.parent, now);
  return flags === exchange ? null : (target?.ino ?? null);
}

/** The directory that a name is in or comes into. @throws PosixError ENOENT when it was removed, ENOTDIR, ENAMETOOLONG */
function directoryAt(changes: Changes, { parent, name }: Place): Inode {
  const directory = changes.tree.inode(parent);
  if (directory === undefined || changes.isOrphan(parent)) throw new PosixError('ENOENT');
  if (directory.kind !== 'directory') throw new PosixError('ENOTDIR');
  if (name.length > nameMax) throw new PosixError('ENAMETOOLONG');
  return directory;
}

function entryAt(changes: Changes, { parent, name }: Place): Entry {
  const entry = changes.tree.lookup(parent, name);
  if (entry === undefined) throw new PosixError('ENOENT');
  return entry;
}

function isEmpty(changes: Changes, directory: number): boolean {
  const [first] = changes.tree.list(directory);
  return first === undefined;
}

function remove(changes: Changes, place: Place, { ino }: Entry): void {
  changes.change([{ type: 'unlink', ...place }]);
  const now = changes.now();
  touchInode(changes, ino, now);
  touchDirectory(changes, place.parent, now);
}

function refuseReplacing(changes: Changes, entry: Entry, target: Entry): void {
  if (target.kind !== 'directory') {
    if (entry.kind === 'directory') throw new PosixError('ENOTDIR');
    return;
  }
  if (entry.kind !== 'directory') throw new PosixError('EISDIR');
  if (!isEmpty(changes, target.ino)) throw new PosixError('ENOTEMPTY');
}

/** A directory can not come below itself. */
function refuseBelowItself(changes: Changes, entry: Entry, parent: number): void {
  if (entry.kind !== 'directory') return;
  for (let at: number | undefined = parent; at !== undefined; at = changes.tree.linksOf(at)[0]?.parent) {
    if (at === entry.ino) throw new PosixError('EINVAL');
  }
}

/** Its status has changed, if anybody can still see it. */
function touchInode(changes: Changes, ino: number, now: bigint): void {
  const inode = changes.tree.inode(ino);
  if (inode === undefined) return;
  if (changes.isOrphan(ino)) changes.changeOrphan({ ...inode, ctime: now });
  else
    changes.change([{ type: 'attributes', inode: ino, attributes: { ...attributesOf(inode), ctime: now } }]);
}

/** Its entries have changed. */
function touchDirectory(changes: Changes, ino: number, now: bigint): void {
  const inode = changes.tree.inode(ino);
  if (inode === undefined || changes.isOrphan(ino)) return;
  const attributes = { ...attributesOf(inode), mtime: now, ctime: now };
  changes.change([{ type: 'attributes', inode: ino, attributes }]);
}
