/** The committed tree of the manifest, or what stands above it, with what was written to files and is no version yet. */
import type { Manifest } from '../manifest/manifest.js';
import { type Inode, Tree, type TreeSides } from '../manifest/tree.js';

/** What is known of the content of a file that was written to. */
export interface UnsealedFacts {
  readonly length: number;
  /** Bytes that are not known to be holes. */
  readonly stored: number;
  /** Of the last write; nanoseconds since 1970. */
  readonly written: bigint;
}

export type UnsealedOf = (ino: number) => UnsealedFacts | undefined;

export class PresentTree extends Tree {
  readonly #unsealed: UnsealedOf;
  readonly #orphans: ReadonlyMap<number, Inode>;

  constructor(
    view: () => TreeSides,
    manifest: Pick<Manifest, 'node'>,
    unsealed: UnsealedOf,
    orphans: ReadonlyMap<number, Inode>,
  ) {
    super(view, (id) => manifest.node(id));
    this.#unsealed = unsealed;
    this.#orphans = orphans;
  }

  override inode(ino: number): Inode | undefined {
    const inode = super.inode(ino) ?? this.#orphans.get(ino);
    const facts = inode?.kind === 'file' ? this.#unsealed(ino) : undefined;
    if (inode === undefined || facts === undefined) return inode;
    const { length, written } = facts;
    return written <= inode.ctime
      ? sized(inode, length, inode.mtime, inode.ctime)
      : sized(inode, length, written, written);
  }

  override storedOf(inode: Inode): number {
    return this.#unsealed(inode.ino)?.stored ?? super.storedOf(inode);
  }
}

/** Field by field: spreading it is ten times slower, and this answers every stat of what is being written. */
function sized(inode: Inode, size: number, mtime: bigint, ctime: bigint): Inode {
  const { ino, kind, mode, uid, gid, atime, target, xattrs, nlink, object, version, putIndex } = inode;
  return {
    ino,
    kind,
    mode,
    uid,
    gid,
    atime,
    mtime,
    ctime,
    target,
    xattrs,
    nlink,
    size,
    object,
    version,
    putIndex,
  };
}
