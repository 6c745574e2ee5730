/** Who may read an object by its ID: whoever could read it along every path that leads to it. */
import type { Inode } from '../manifest/tree.js';
import type { TreeView } from './source.js';

export interface Reach {
  readonly uid: number;
  readonly gid: number;
  /** 0o400, 0o440 or 0o444 and less. */
  readonly mode: number;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A process as the kernel knows it, all of its groups included. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly pid: number | null;
}

/**
 * Bits 2, 1, 0 (owner, group, others of `file`) that may pass this directory; where classes differ, the stricter: someone of
 * the file's others can be the directory's owner or in its group, and a directory can be closed to just those.
 */
function passes(directory: Inode, file: Inode): number {
  const lets = (bit: number): number => ((directory.mode & bit) === 0 ? 0 : 1);
  const others = lets(0o001) & lets(0o010) & lets(0o100);
  const group = directory.gid === file.gid ? lets(0o010) & lets(0o100) : others;
  const owner = directory.uid === file.uid ? lets(0o100) : others;
  return (owner << 2) | (group << 1) | others;
}

function reachOf(tree: TreeView, file: Inode): number {
  let classes = ((file.mode >> 6) & 4) | ((file.mode >> 4) & 2) | ((file.mode >> 2) & 1);
  const seen = new Set<number>();
  const pending = [...tree.parentsOf(file.ino)];
  for (let ino = pending.pop(); ino !== undefined; ino = pending.pop()) {
    if (seen.has(ino)) continue;
    seen.add(ino);
    const directory = tree.inode(ino);
    if (directory === undefined) return 0;
    classes &= passes(directory, file);
    pending.push(...tree.parentsOf(ino));
  }
  return classes;
}

function asReach({ uid, gid }: Inode, classes: number): Reach {
  const mode = (classes & 4 ? 0o400 : 0) | (classes & 2 ? 0o040 : 0) | (classes & 1 ? 0o004 : 0);
  return { uid, gid, mode };
}

/** Of a file by its number: one without a name is its vault owner's alone. */
export function fileReach(tree: TreeView, file: Inode, owner: Owner): Reach {
  if (tree.parentsOf(file.ino).length === 0) return { ...owner, mode: 0o400 };
  return asReach(file, reachOf(tree, file));
}

/** What the kernel decides where it knows the caller (path_resolution(7)), for one whom it has not seen. */
export function permits(
  { uid, gid, mode }: Reach,
  caller: Pick<Identity, 'uid' | 'gid' | 'groups'>,
): boolean {
  if (caller.uid === 0) return true;
  if (caller.uid === uid) return (mode & 0o400) !== 0;
  const inGroup = caller.gid === gid || caller.groups.includes(gid);
  return (mode & (inGroup ? 0o040 : 0o004)) !== 0;
}

/** Only one user may read it. */
export function isPersonal({ mode }: Reach): boolean {
  return (mode & 0o044) === 0;
}

/** Attributes of `ids/<ID>`: an object without a name is its vault owner's alone. */
export function objectReach(tree: TreeView, object: number, owner: Owner): Reach {
  const files = tree.inodesOf(object).map((ino) => tree.inode(ino));
  const [first] = files;
  if (first === undefined) return { ...owner, mode: 0o400 };
  let classes = 7;
  for (const file of files) {
    if (file === undefined || file.uid !== first.uid || file.gid !== first.gid)
      return { ...owner, mode: 0o400 };
    classes &= reachOf(tree, file);
  }
  return asReach(first, classes);
}
