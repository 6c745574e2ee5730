/** `inbox/`: each caller's own requests; what is written here is an object of namespace TASK. */
import { rootInode } from '../manifest/records.js';
import { directoryOf, namespaceOfPart, type TaskPlace } from '../manifest/tasks.js';
import { taskDirectory } from './changes/task-directories.js';
import { PersonalNode } from './files-tree.js';
import { generatedInode } from './inode-numbers.js';
import { type DirectoryEntry, GeneratedDirectory, type Node } from './node.js';
import { PosixError } from './posix-error.js';
import type { Caller, Changes, MountSource } from './source.js';

const nameMax = 255;

export class InboxDirectory extends GeneratedDirectory {
  readonly ino = generatedInode('inbox', 0);
  readonly mode: number;
  readonly #source: MountSource;

  /** `closed`: the driver can't name callers and others are let in, so that all would see the owner's. */
  constructor(source: MountSource, options: { readonly closed: boolean }) {
    super(source.owner);
    this.#source = source;
    this.mode = options.closed ? 0o700 : 0o1777;
  }

  override async lookup(name: Buffer, caller: Caller): Promise<Node | undefined> {
    if (name.length > nameMax) throw new PosixError('ENAMETOOLONG');
    const tree = await this.#source.tree();
    const directory = directoryOf(tree, this.#place(caller));
    const entry = directory === undefined ? undefined : tree.lookup(directory, name);
    return entry && new PersonalNode(this.#source, entry.ino);
  }

  override async list(caller: Caller): Promise<Iterable<DirectoryEntry>> {
    const tree = await this.#source.tree();
    const directory = directoryOf(tree, this.#place(caller));
    return directory === undefined ? [] : tree.list(directory);
  }

  override xattr(name: string): Buffer | undefined {
    return name === 'user.sherin.namespace' ? Buffer.from(namespaceOfPart('inbox')) : undefined;
  }

  /** The directory in which a caller's names are; made where there is none. */
  home(changes: Changes, caller: Caller): number {
    const { owner } = this.#source;
    const writer = { uid: caller.uid ?? owner.uid, gid: caller.gid ?? owner.gid };
    return taskDirectory(changes, this.#place(caller), writer, owner);
  }

  /** What is to be on disk for all that was changed here to be. */
  get synced(): number {
    return rootInode;
  }

  #place({ uid }: Caller): TaskPlace {
    return { part: 'inbox', name: String(uid ?? this.#source.owner.uid) };
  }
}
