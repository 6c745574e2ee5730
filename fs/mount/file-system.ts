/** The file system of the mount, in nodes and handles. It knows no binding and no key. */
import type { AccessOperation } from '../../common/access/rules.js';
import { rootInode } from '../manifest/records.js';
import { BotsDirectory } from './bots/bots-tree.js';
import { Modifications } from './changes/modifications.js';
import { mayRead, mayWrite, truncates } from './changes/open-modes.js';
import { CubesDirectory } from './cubes-tree.js';
import { FilesNode, FilesRoot } from './files-tree.js';
import type { HandedFile } from './handed.js';
import { handFiles, restoreFiles } from './handed-files.js';
import { IdsDirectory } from './ids-tree.js';
import { InboxDirectory } from './inbox-tree.js';
import { isGenerated } from './inode-numbers.js';
import type { DirectoryEntry, Node, NodeStat } from './node.js';
import { OpenFiles } from './open-files.js';
import { errnoOf, PosixError } from './posix-error.js';
import { QuarantineDirectory } from './quarantine-tree.js';
import type { Caller, Changes, MountSource, OpenFile, Space } from './source.js';
import { StatusDirectory } from './status-tree.js';
import { TopDirectory } from './top-tree.js';
import { listedNames, refuseForeign } from './xattr-names.js';

export interface FileSystemOptions {
  /** The owner may list `ids/` and `cubes/`. */
  readonly listIds: boolean;
  /** Others may come in; else nobody but the owner passes the top, nor root. */
  readonly shared: boolean;
  /** Others than the owner are let in and the driver can't tell who calls. */
  readonly callersUnknown: boolean;
  /** Milliseconds for which the kernel keeps attributes. */
  readonly attributeTimeout: number;
  /** As of {@link Modifications}. */
  readonly quiesce: (ino: number) => Promise<void>;
}

export class FileSystem {
  readonly root: Node;
  readonly modify: Modifications;
  readonly #source: MountSource;
  readonly #status: StatusDirectory;
  readonly #open = new OpenFiles();
  /** The root and the directories in it, by inode number. */
  readonly #fixed: ReadonlyMap<number, Node>;
  /** As SessionEnd.kept: all others may be gone at a lock. */
  readonly kept: Node;

  constructor(source: MountSource, options: FileSystemOptions) {
    this.#source = source;
    this.#status = new StatusDirectory(source, options);
    this.modify = new Modifications({ source, open: this.#open, quiesce: options.quiesce });
    const trees = new Map<string, Node>([
      ['files', new FilesRoot(source)],
      ['inbox', new InboxDirectory(source, { closed: options.callersUnknown })],
      ['bots', new BotsDirectory(source)],
      ['ids', new IdsDirectory(source, options)],
      ['cubes', new CubesDirectory(source, { listIds: options.listIds, closed: options.callersUnknown })],
      ['quarantine', new QuarantineDirectory(source)],
      ['.sherin', this.#status],
    ]);
    this.root = new TopDirectory(source.owner, trees, options.shared);
    this.kept = new FilesNode(source, rootInode);
    this.#fixed = new Map([this.root, ...trees.values()].map((node) => [node.ino, node]));
  }

  /** Finds a node by names below the root. @throws PosixError ENOENT, ENOTDIR; SherinError of the source */
  async resolve(names: readonly Buffer[], caller: Caller): Promise<Node> {
    let node: Node = this.root;
    for (const name of names) {
      const child = await node.lookup(name, caller);
      if (child === undefined) throw new PosixError('ENOENT');
      node = child;
    }
    return node;
  }

  /** The node of an inode number that always stands for one: of the trees' own directories and of all in `files/`. */
  nodeOf(ino: number): Node | undefined {
    return this.#fixed.get(ino) ?? (isGenerated(ino) ? undefined : new FilesNode(this.#source, ino));
  }

  /** Whether an inode number always stands for one. */
  standsFor(ino: number): boolean {
    return this.#fixed.has(ino) || !isGenerated(ino);
  }

  /** @throws PosixError EBADF */
  async statOpen(handle: number): Promise<NodeStat> {
    const { node, file } = this.#open.get(handle);
    return node.statOpen(file);
  }

  /** As {@link handFiles}. */
  handFiles(): HandedFile[] {
    return handFiles(this.#open);
  }

  /** Files that another process has opened. @throws SherinError of the source */
  async restoreFiles(files: readonly HandedFile[]): Promise<void> {
    if (files.length === 0) return;
    await restoreFiles(this.#open, files, (name) => this.nodeNamed(name), await this.#source.changes());
  }

  /** As another process has named it; undefined where it is there no more. */
  async nodeNamed(name: HandedFile['node']): Promise<Node | undefined> {
    if (typeof name === 'number') return this.nodeOf(name);
    const anyone = { uid: 0, gid: 0, pid: null };
    const names = name.map((part) => Buffer.from(part, 'latin1'));
    return this.resolve(names, anyone).catch((error: unknown) => {
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    });
  }

  /** The node that a handle is open on. @throws PosixError EBADF */
  nodeOpen(handle: number): Node {
    return this.#open.get(handle).node;
  }

  async list(node: Node, caller: Caller): Promise<Iterable<DirectoryEntry>> {
    await this.#require('list', node, caller);
    return node.list(caller);
  }

  async readlink(node: Node): Promise<Buffer> {
    return node.readlink();
  }

  /**
   * Returns a handle.
   * @param drops the caller may not keep the file's setuid and setgid bits where it truncates
   * @throws PosixError EROFS for writing outside `files/`; SherinError of the source
   */
  async open(node: Node, flags: number, caller: Caller, drops = false): Promise<number> {
    if (mayRead(flags)) await this.#require('read', node, caller);
    if (mayWrite(flags) || truncates(flags)) return this.modify.openChanging(node, flags, caller, drops);
    return this.#open.open(node, caller);
  }

  /** A handle that the driver has opened by itself, with the content it had prepared, if that still stands. */
  adopt(handle: number, node: Node, file: OpenFile | undefined, caller: Caller): void {
    this.#open.adopt(handle, node, file, caller);
    // Its record is made all the same.
    if (file === undefined) this.#open.present(handle).catch(() => undefined);
  }

  /** The content that a handle reads now; undefined when it is closed or about to become another. */
  presentFile(handle: number): OpenFile | undefined {
    return this.#open.presentFile(handle);
  }

  /** What the kernel had of it before may answer reads of this handle. */
  keeps(handle: number): boolean {
    const { node, file } = this.#open.get(handle);
    return !node.direct && (file.kept ?? true);
  }

  /** Handles that are open on these inodes. */
  handlesOf(inodes: readonly number[]): readonly number[] {
    return this.#open.handlesOf(new Set(inodes));
  }

  /** As OpenFile.readCached. */
  readCached(handle: number, offset: number, length: number, target: Buffer): number | undefined {
    const open = this.#open.get(handle);
    return open.seen === open.versions ? open.file.readCached(offset, length, target) : undefined;
  }

  /** As OpenFile.read. */
  async read(handle: number, offset: number, length: number, target: Buffer): Promise<number> {
    const open = await this.#open.present(handle);
    return open.file.read(offset, length, target);
  }

  release(handle: number): void {
    this.#open.close(handle);
  }

  releaseAll(): void {
    this.#open.closeAll();
  }

  /** `name`: its bytes as Latin-1. @throws PosixError ENODATA when there is none, EOPNOTSUPP for ACLs, labels and `trusted.*` */
  async getxattr(node: Node, name: string, caller: Caller): Promise<Buffer> {
    refuseForeign(name);
    await this.#require('read', node, caller);
    const value = await node.xattr(name);
    // SELinux gives a FUSE mount one label; `ls -l` asks for that of every file, unless there are none at all.
    if (value === undefined) throw new PosixError(name === 'security.selinux' ? 'EOPNOTSUPP' : 'ENODATA');
    return value;
  }

  /** `shown`: which names the driver can be asked for. */
  async listxattr(
    node: Node,
    caller: Caller,
    shown: (name: Buffer) => boolean = () => true,
  ): Promise<Buffer> {
    await this.#require('read', node, caller);
    return listedNames((await node.xattrNames()).filter(shown));
  }

  statfs(): Space {
    return this.#source.statfs();
  }

  /** Inodes of open files. */
  openInodes(): ReadonlySet<number> {
    return this.#open.inodes();
  }

  /** As {@link OpenFiles.continueIn}. */
  continueIn(changes: Changes): void {
    this.#open.continueIn(changes);
  }

  /** These inodes may have other content now; open handles go on with it. Called before the kernel's cache is dropped. */
  changed(inodes: 'all' | readonly number[]): void {
    this.#open.changed(inodes === 'all' ? inodes : new Set(inodes));
  }

  /** The kernel has dropped what it knew. */
  forget(): void {
    this.#status.forget();
  }

  /** By the access rules. @throws SherinError DENIED; as MountSource.guard */
  async #require(operation: AccessOperation, { ruled }: Node, caller: Caller): Promise<void> {
    if (ruled === null) return;
    const guard = this.#source.guard();
    const held = guard instanceof Promise ? await guard : guard;
    await held?.refusal(operation, ruled, this.#source.named(caller));
  }
}
