/** `files/`: the user's tree, straight from the manifest. */
import { SherinError } from '../../common/errors.js';
import { sherinPrefix } from '../../common/sherin-xattrs.js';
import { rootInode } from '../manifest/records.js';
import type { Inode } from '../manifest/tree.js';
import { type DirectoryEntry, Node, type NodeStat } from './node.js';
import { PosixError } from './posix-error.js';
import { sherinXattr } from './sherin-xattrs.js';
import type { Caller, MountSource, OpenFile, Ruled, TreeView } from './source.js';
import { within } from './within.js';

const nameMax = 255;
/** How long `stat` of `files` itself waits for a TPM before it answers without the manifest. */
const rootPatience = 3_000;

export class FilesNode extends Node {
  readonly ino: number;
  override readonly versioned = true;
  override readonly announced: boolean = true;
  readonly #source: MountSource;

  constructor(source: MountSource, ino: number) {
    super();
    this.#source = source;
    this.ino = ino;
  }

  override get ruled(): Ruled {
    return { ino: this.ino };
  }

  /** @throws PosixError ENOENT when the inode is gone; SherinError when the vault stays locked */
  async #inode(): Promise<{ tree: TreeView; inode: Inode }> {
    const tree = await this.#source.tree();
    return { tree, inode: this.#inodeIn(tree) };
  }

  #inodeIn(tree: TreeView): Inode {
    const inode = tree.inode(this.ino);
    if (inode === undefined) throw new PosixError('ENOENT');
    return inode;
  }

  /** At once while the vault is unlocked: a listing asks for many. */
  override stat(): NodeStat | Promise<NodeStat> {
    const tree = this.#source.tree();
    if (tree instanceof Promise) return tree.then((there) => this.#statIn(there));
    return this.#statIn(tree);
  }

  #statIn(tree: TreeView): NodeStat {
    const inode = this.#inodeIn(tree);
    const size = inode.kind === 'symlink' ? (inode.target?.length ?? 0) : inode.size;
    const { kind, mode, uid, gid, atime, mtime, ctime } = inode;
    return {
      ino: this.ino,
      kind,
      mode,
      nlink: inode.nlink,
      uid,
      gid,
      size,
      stored: tree.storedOf(inode),
      atime,
      mtime,
      ctime,
      bare: inode.xattrs.length === 0,
    };
  }

  override async lookup(name: Buffer, _caller: Caller): Promise<Node | undefined> {
    const { tree, inode } = await this.#inode();
    if (inode.kind !== 'directory') throw new PosixError('ENOTDIR');
    if (name.length > nameMax) throw new PosixError('ENAMETOOLONG');
    const entry = tree.lookup(this.ino, name);
    return entry && new FilesNode(this.#source, entry.ino);
  }

  override async list(): Promise<Iterable<DirectoryEntry>> {
    const { tree, inode } = await this.#inode();
    if (inode.kind !== 'directory') throw new PosixError('ENOTDIR');
    return tree.list(this.ino);
  }

  override async readlink(): Promise<Buffer> {
    const { inode } = await this.#inode();
    if (inode.target === null) throw new PosixError('EINVAL');
    return inode.target;
  }

  override async open(caller: Caller, again = false): Promise<OpenFile> {
    const { inode } = await this.#inode();
    if (inode.kind === 'directory') throw new PosixError('EISDIR');
    if (inode.kind !== 'file') throw new PosixError('ENXIO');
    return this.#source.openInode(this.ino, caller, again);
  }

  override async xattr(name: string): Promise<Buffer | undefined> {
    const { inode } = await this.#inode();
    if (name.startsWith(sherinPrefix)) return sherinXattr(this.#source, inode, name);
    const wanted = Buffer.from(name, 'latin1');
    return inode.xattrs.find(([key]) => key.equals(wanted))?.[1];
  }

  override async xattrNames(): Promise<readonly Buffer[]> {
    const { inode } = await this.#inode();
    return inode.xattrs.map(([key]) => key);
  }
}

/** A file, or a directory, that a name leads some callers to. */
export class PersonalNode extends FilesNode {
  override readonly personal = true;
}

/** `files` itself: it can be looked at while the vault is locked or its TPM hangs, closed to all but the owner. */
export class FilesRoot extends FilesNode {
  /** What it says while locked must not outlast that. */
  override readonly announced = false;
  readonly #owner: { readonly uid: number; readonly gid: number };

  constructor(source: MountSource) {
    super(source, rootInode);
    this.#owner = source.owner;
  }

  override async stat(): Promise<NodeStat> {
    try {
      const known = await within(Promise.resolve(super.stat()), rootPatience);
      if (known !== undefined) return known;
    } catch (error) {
      if (!(error instanceof SherinError)) throw error;
    }
    const times = { atime: 0n, mtime: 0n, ctime: 0n };
    return { ino: this.ino, kind: 'directory', mode: 0o700, nlink: 1, ...this.#owner, size: 0, ...times };
  }
}
