/**
 * Puts one entry of the vault at its place on the local disk, complete or not at all. Attributes go by descriptor to what was made: who else
 * may write to the folder can put another file under its name at any moment.
 */
import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { systemReason } from '../../common/local-error.js';
import { textToBytes } from '../../common/names.js';
import type { EntryInfo } from '../../daemon/protocol/control.js';
import { makeNode, setTimes, setXattr } from '../../native/ipc.js';
import type { LocalDirectory } from './local-directory.js';

/** open(2): the file itself, which is neither read nor written; Node does not name it. */
const O_PATH = 0o10000000;

/** Fills an open file with verified content. */
export type Fill = (fd: number) => Promise<void>;

/** What no other file shares with one that was made: numbers of inodes are given again, with another time of birth. */
type FileMark = Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs' | 'uid'>;

export interface Restored {
  readonly made: FileMark;
  /** Attributes that this file system or user can not have, with the reason. */
  readonly left: readonly string[];
}

/** A name for what is not finished; SIGKILL leaves such files, nothing else does. */
function temporaryName(): Buffer {
  return Buffer.from(`.sherin-get-${randomBytes(8).toString('hex')}`);
}

/** What is not finished: a second Ctrl-C ends the process at once and must leave none of it behind. */
const unfinished = new Set<Buffer>();
process.on('exit', () => {
  for (const path of unfinished) removeIfThere(path);
});

/** Makes something under a temporary name and renames it to its own, over what stood there unless that is a directory. */
async function replace<T>(
  directory: LocalDirectory,
  name: Buffer,
  make: (path: Buffer) => Promise<T> | T,
): Promise<T> {
  const path = directory.path(temporaryName());
  unfinished.add(path);
  try {
    const made = await make(path);
    renameSync(path, directory.path(name));
    return made;
  } finally {
    // After a rename it is gone, unless both names were one file: then rename(2) does nothing.
    removeIfThere(path);
    unfinished.delete(path);
  }
}

/** A regular file: readable by this user only until it is whole. */
export async function restoreFile(
  directory: LocalDirectory,
  name: Buffer,
  entry: EntryInfo,
  fill: Fill,
): Promise<Restored> {
  return replace(directory, name, async (path) => {
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      ftruncateSync(fd, entry.size);
      await fill(fd);
      if (isRoot()) fchownSync(fd, entry.uid, entry.gid);
      const left = restoreXattrs(fd, entry);
      fchmodSync(fd, modeFor(entry));
      setTimes(fd, BigInt(entry.atime), BigInt(entry.mtime));
      return { made: fstatSync(fd, { bigint: true }), left };
    } finally {
      closeSync(fd);
    }
  });
}

/** A symbolic link, FIFO or socket. */
export async function restoreSpecial(
  directory: LocalDirectory,
  name: Buffer,
  entry: EntryInfo,
): Promise<Restored> {
  return replace(directory, name, (path) => {
    if (entry.kind === 'symlink') symlinkSync(textToBytes(entry.target ?? ''), path);
    else if (entry.kind === 'fifo' || entry.kind === 'socket') makeNode(path, entry.kind, modeFor(entry));
    else throw new SherinError('USAGE', { what: `a ${entry.kind} is not made this way` });
    return finishSpecial(path, entry);
  });
}

/** Attributes of a link, FIFO or socket that was made at a path. @throws Error ESTALE where something else is there by now */
export function finishSpecial(path: Buffer, entry: EntryInfo): Restored {
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const facts = fstatSync(fd);
    const same = { symlink: facts.isSymbolicLink(), fifo: facts.isFIFO(), socket: facts.isSocket() };
    const isOurs = facts.uid === process.geteuid?.() && facts.nlink === 1;
    if (!(isOurs && entry.kind in same && same[entry.kind as keyof typeof same]))
      throw Object.assign(new Error('another file took its place'), { code: 'ESTALE' });
    // No other call changes a link by its descriptor.
    if (isRoot()) chownSync(`/proc/self/fd/${fd}`, entry.uid, entry.gid);
    const left = restoreXattrs(fd, entry);
    setTimes(fd, BigInt(entry.atime), BigInt(entry.mtime));
    return { made: fstatSync(fd, { bigint: true }), left };
  } finally {
    closeSync(fd);
  }
}

/** A further name of a file that was restored before. False where its first name leads to another by now, or nowhere: nothing was made. */
export async function restoreLink(
  directory: LocalDirectory,
  name: Buffer,
  first: { readonly directory: LocalDirectory; readonly name: Buffer; readonly made: FileMark },
): Promise<boolean> {
  try {
    await replace(directory, name, (path) => {
      linkSync(first.directory.path(first.name), path);
      const linked = lstatSync(path, { bigint: true });
      const { dev, ino, birthtimeNs, uid } = first.made;
      const same = linked.dev === dev && linked.ino === ino && linked.birthtimeNs === birthtimeNs;
      if (!same || linked.uid !== uid) throw Object.assign(new Error('another file'), { code: 'ESTALE' });
    });
    return true;
  } catch (error) {
    if (isElsewhere(error)) return false;
    throw error;
  }
}

/** What a system call says where a name leads to something else, or nowhere: a directory has no further name (EPERM). */
export function isElsewhere(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE', 'EXDEV', 'EPERM'].includes(systemCode(error) ?? '');
}

/** Attributes of a directory, after all that is below it. */
export function finishDirectory(directory: LocalDirectory, entry: EntryInfo): string[] {
  if (isRoot()) fchownSync(directory.fd, entry.uid, entry.gid);
  const left = restoreXattrs(directory.itself, entry);
  // Before the mode, which may take away the right to search it.
  setTimes(directory.itself, BigInt(entry.atime), BigInt(entry.mtime));
  fchmodSync(directory.fd, modeFor(entry));
  return left;
}

/** Set-id bits are given back only with the owner that they speak for. */
function modeFor(entry: EntryInfo): number {
  const own = isRoot() || (entry.uid === process.getuid?.() && entry.gid === process.getgid?.());
  return own ? entry.mode : entry.mode & 0o1777;
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** Names of attributes that this file system or user can not have, with the reason. */
function restoreXattrs(file: Buffer | number, entry: EntryInfo): string[] {
  const left: string[] = [];
  for (const [name, value] of entry.xattrs ?? []) {
    try {
      setXattr(file, textToBytes(name), Buffer.from(value, 'base64'));
    } catch (error) {
      left.push(`extended attribute ${name}: ${systemReason(error) ?? 'refused'}`);
    }
  }
  return left;
}

function removeIfThere(path: Buffer): void {
  try {
    unlinkSync(path);
  } catch {
    // Renamed already, or never made.
  }
}
