import { generatedInode } from './inode-numbers.js';
import { type DirectoryEntry, GeneratedDirectory, type Node } from './node.js';
import type { Caller } from './source.js';

export const topInode = generatedInode('top', 0);
/** The name under which the user's tree stands in it. */
export const filesName = Buffer.from('files');

/** The mount's root: fixed names, each a tree. Answers from memory, locked or not. */
export class TopDirectory extends GeneratedDirectory {
  readonly ino = topInode;
  readonly mode: number;
  readonly #children: ReadonlyMap<string, Node>;

  /** @param shared others may come in, under the modes of what is below */
  constructor(
    owner: { readonly uid: number; readonly gid: number },
    children: ReadonlyMap<string, Node>,
    shared: boolean,
  ) {
    super(owner);
    this.mode = shared ? 0o755 : 0o700;
    this.#children = children;
  }

  override lookup(name: Buffer, _caller: Caller): Node | undefined {
    return this.#children.get(name.toString('latin1'));
  }

  override *list(): Iterable<DirectoryEntry> {
    for (const [name, node] of this.#children) {
      yield { name: Buffer.from(name), ino: node.ino, kind: 'directory' };
    }
  }
}
