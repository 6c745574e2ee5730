/** The names of the tree at one point of the log, and nothing else of it: as small as a whole history can be followed with. */
import { nameKey } from '../manifest/entry-name.js';
import { type Mutation, rootInode } from '../manifest/records.js';

export class Names {
  /** Inode by parent and name. */
  readonly #inodes = new Map<string, number>();

  /** Takes a record of the log, which fits by then. */
  apply(mutation: Mutation): void {
    switch (mutation.type) {
      case 'link':
        this.#inodes.set(keyOf(mutation.parent, mutation.name), mutation.inode);
        return;
      case 'unlink':
        this.#inodes.delete(keyOf(mutation.parent, mutation.name));
        return;
      case 'rename': {
        const [from, to] = [
          keyOf(mutation.parent, mutation.name),
          keyOf(mutation.newParent, mutation.newName),
        ];
        const [moved, replaced] = [this.#inodes.get(from), this.#inodes.get(to)];
        // Two names of one file: rename(2) does nothing.
        if (moved === undefined || moved === replaced) return;
        this.#inodes.set(to, moved);
        if (mutation.exchange && replaced !== undefined) this.#inodes.set(from, replaced);
        else this.#inodes.delete(from);
        return;
      }
    }
  }

  /** What a path leads to; undefined: nothing. */
  find(names: readonly Buffer[]): number | undefined {
    let ino: number | undefined = rootInode;
    for (const name of names) {
      ino = this.#inodes.get(keyOf(ino, name));
      if (ino === undefined) return undefined;
    }
    return ino;
  }
}

function keyOf(parent: number, name: Buffer): string {
  return `${parent}/${nameKey(name)}`;
}
