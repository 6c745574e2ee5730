/** Who may read an object by its ID: whoever could read it along every path that leads to it. */
import type { Inode } from '../manifest/tree.js';
import type { TreeView } from './source.js';

export interface Reach {
  readonly uid: number;
  readonly gid: number;
  /** 0o400, 0o440 or 0o444 and less. */
  readonly mode: number;
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
  const pending = tree.linksOf(file.ino).map((link) => link.parent);
  for (let ino = pending.pop(); ino !== undefined; ino = pending.pop()) {
    if (seen.has(ino)) continue;
    seen.add(ino);
    const directory = tree.inode(ino);
    if (directory === undefined) return 0;
    classes &= passes(directory, file);
    pending.push(...tree.linksOf(ino).map((link) => link.parent));
  }
  return classes;
}

/** Who asks, with all groups that are known of. */
export interface Reader {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** Whether these attributes let somebody read, as the kernel decides. */
export function lets({ uid, gid, mode }: Reach, reader: Reader): boolean {
  if (reader.uid === 0) return true;
  if (reader.uid === uid) return (mode & 0o400) !== 0;
  return (mode & (reader.gids.includes(gid) ? 0o040 : 0o004)) !== 0;
}

/** Only one user may read it. */
export function isPersonal({ mode }: Reach): boolean {
  return (mode & 0o044) === 0;
}

/** Attributes of `ids/<ID>`: an object without a name is its vault owner's alone. */
export function objectReach(
  tree: TreeView,
  object: number,
  owner: { readonly uid: number; readonly gid: number },
): Reach {
  const files = tree.inodesOf(object).map((ino) => tree.inode(ino));
  const [first] = files;
  if (first === undefined) return { ...owner, mode: 0o400 };
  let classes = 7;
  for (const file of files) {
    if (file === undefined || file.uid !== first.uid || file.gid !== first.gid)
      return { ...owner, mode: 0o400 };
    classes &= reachOf(tree, file);
  }
  const mode = (classes & 4 ? 0o400 : 0) | (classes & 2 ? 0o040 : 0) | (classes & 1 ? 0o004 : 0);
  return { uid: first.uid, gid: first.gid, mode };
}
