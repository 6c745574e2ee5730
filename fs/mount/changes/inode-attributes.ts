/** What changes the attributes of an inode: modes, owners, times, extended attributes. */
import { nearestTime } from '../../../common/nearest-time.js';
import { sherinPrefix } from '../../../common/sherin-xattrs.js';
import { mostXattrBytes, xattrBytes } from '../../../common/xattr-limit.js';
import type { Attributes } from '../../manifest/records.js';
import { attributesOf, type Inode } from '../../manifest/tree.js';
import { PosixError } from '../posix-error.js';
import type { Changes } from '../source.js';

/** What chmod(2), chown(2) and utimensat(2) set; absent: as it is. */
export interface AttributeChange {
  /** Low 12 bits. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Nanoseconds since 1970, or the time of the change. */
  readonly atime?: bigint | 'now';
  readonly mtime?: bigint | 'now';
}

/** Bytes of the largest value (xattr(7), XATTR_SIZE_MAX). */
const valueMax = 65_536;
/** setxattr(2). */
const createOnly = 1;
const replaceOnly = 2;

/** An executable loses them with its content or owner. */
const setuid = 0o4000;
const setgid = 0o2000;
const groupExecutes = 0o010;
const capabilities = Buffer.from('security.capability');

/** Who asks, and whether he has the file open to write to it. */
export interface Asker {
  readonly uid: number | null;
  readonly writes: () => boolean;
}

/**
 * A chown(2) drops what privileges a file gives, also one that names neither owner nor group: that comes as a change of nothing, and is the
 * owner's and root's. The kernel asks the same before a write, which drops them itself. @throws PosixError ENOENT when it is gone, EPERM
 */
export function setAttributes(changes: Changes, ino: number, change: AttributeChange, asker: Asker): void {
  const before = inodeAt(changes, ino);
  const owner = change.uid !== undefined || change.gid !== undefined;
  const nothing = Object.values(change).every((value) => value === undefined);
  const mayDrop = asker.uid === 0 || asker.uid === before.uid;
  if (nothing && !mayDrop && (before.mode & privilegesOf(before)) !== 0 && !asker.writes())
    throw new PosixError('EPERM');
  if (owner || (nothing && mayDrop)) dropPrivileges(changes, ino, true);
  const inode = inodeAt(changes, ino);
  const now = changes.now();
  const timeOf = (time: bigint | 'now' | undefined, present: bigint): bigint =>
    time === 'now' ? now : nearestTime(time ?? present);
  store(changes, inode, {
    kind: inode.kind,
    mode: change.mode ?? inode.mode,
    uid: change.uid ?? inode.uid,
    gid: change.gid ?? inode.gid,
    atime: timeOf(change.atime, inode.atime),
    mtime: timeOf(change.mtime, inode.mtime),
    ctime: now,
    target: inode.target,
    xattrs: inode.xattrs,
  });
}

/** Bits that give privileges with what is run: of what is no directory. */
function privilegesOf({ kind, mode }: Inode): number {
  if (kind === 'directory') return 0;
  return setuid | ((mode & groupExecutes) !== 0 ? setgid : 0);
}

/**
 * The content or owner of what is no directory is about to change: its capabilities go, and with `bits` setuid, and setgid where the group may
 * execute it (POSIX.1-2017 write(), chown(); capabilities(7)).
 */
export function dropPrivileges(changes: Changes, ino: number, bits: boolean): void {
  const inode = changes.tree.inode(ino);
  if (inode === undefined || inode.kind === 'directory') return;
  const { mode } = inode;
  const dropped = bits ? privilegesOf(inode) : 0;
  const xattrs = inode.xattrs.filter(([name]) => !name.equals(capabilities));
  if ((mode & dropped) === 0 && xattrs.length === inode.xattrs.length) return;
  store(changes, inode, { ...attributesOf(inode), mode: mode & ~dropped, xattrs, ctime: changes.now() });
}

/**
 * @param flags XATTR_CREATE, XATTR_REPLACE
 * @throws PosixError EEXIST, ENODATA, E2BIG, ENOSPC, EPERM for what is generated
 */
export function setXattr(changes: Changes, ino: number, name: string, value: Buffer, flags: number): void {
  refuseNamespace(name);
  refuseGenerated(inodeAt(changes, ino), name);
  putXattr(changes, ino, name, value, flags);
}

/** As {@link setXattr}, of what the vault itself sets, too. */
export function putXattr(changes: Changes, ino: number, name: string, value: Buffer, flags: number): void {
  const inode = inodeAt(changes, ino);
  if ((flags & ~(createOnly | replaceOnly)) !== 0) throw new PosixError('EINVAL');
  const key = Buffer.from(name, 'latin1');
  const known = inode.xattrs.some(([other]) => other.equals(key));
  if ((flags & createOnly) !== 0 && known) throw new PosixError('EEXIST');
  if ((flags & replaceOnly) !== 0 && !known) throw new PosixError('ENODATA');
  if (value.length > valueMax) throw new PosixError('E2BIG');
  const others = inode.xattrs.filter(([other]) => !other.equals(key));
  const xattrs = [...others, [key, Buffer.from(value)] as const];
  const bytes = xattrBytes(xattrs);
  // An inode that has more of them may still get fewer.
  if (bytes > mostXattrBytes && bytes > xattrBytes(inode.xattrs)) throw new PosixError('ENOSPC');
  storeXattrs(changes, inode, xattrs);
}

/** @throws PosixError ENODATA, EPERM for what is generated */
export function removeXattr(changes: Changes, ino: number, name: string): void {
  refuseGenerated(inodeAt(changes, ino), name);
  dropXattr(changes, ino, name);
}

/** As {@link removeXattr}, of what the vault itself sets, too. */
export function dropXattr(changes: Changes, ino: number, name: string): void {
  const inode = inodeAt(changes, ino);
  const key = Buffer.from(name, 'latin1');
  const left = inode.xattrs.filter(([other]) => !other.equals(key));
  if (left.length === inode.xattrs.length) throw new PosixError('ENODATA');
  storeXattrs(changes, inode, left);
}

/** xattr(7): a name is a namespace that there is, and something in it. */
function refuseNamespace(name: string): void {
  const [namespace = ''] = name.split('.', 1);
  if (namespace !== 'user' && namespace !== 'security') throw new PosixError('EOPNOTSUPP');
  if (name.length <= namespace.length + 1) throw new PosixError('EINVAL');
}

/** `user.*` is for files and directories alone (xattr(7)); `user.sherin.*` says what the vault knows. */
function refuseGenerated({ kind }: Inode, name: string): void {
  if (name.startsWith(sherinPrefix)) throw new PosixError('EPERM');
  if (name.startsWith('user.') && kind !== 'file' && kind !== 'directory') throw new PosixError('EPERM');
}

function storeXattrs(changes: Changes, inode: Inode, xattrs: Attributes['xattrs']): void {
  store(changes, inode, { ...attributesOf(inode), xattrs, ctime: changes.now() });
}

function store(changes: Changes, inode: Inode, attributes: Attributes): void {
  if (changes.isOrphan(inode.ino)) changes.changeOrphan({ ...inode, ...attributes });
  else changes.change([{ type: 'attributes', inode: inode.ino, attributes }]);
}

function inodeAt(changes: Changes, ino: number): Inode {
  const inode = changes.tree.inode(ino);
  if (inode === undefined) throw new PosixError('ENOENT');
  return inode;
}
