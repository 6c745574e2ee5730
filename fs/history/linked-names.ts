/** Names and inodes at one point of the log, with the way from a file back to its names. */
import { nameKey } from '../manifest/entry-name.js';
import { type Mutation, rootInode } from '../manifest/records.js';
import { tasksIn } from '../manifest/tasks.js';
import { type PathLine, tasksLine } from './path-line.js';

interface FileFacts {
  /** Log index of the last put; −1: none. */
  put: number;
  uid: number;
  readonly links: Place[];
}

interface Place {
  readonly parent: number;
  readonly name: string;
}

/** Takes records that fit by then; tells of each path that may show something else after one. */
export class LinkedNames {
  readonly #root: PathLine;
  readonly #touched: (line: PathLine) => void;
  /** Names of directories. */
  readonly #names = new Map<number, Map<string, number>>();
  readonly #places = new Map<number, Place>();
  readonly #files = new Map<number, FileFacts>();
  /** The directory beside `files/`. */
  #tasks: number | undefined;

  /** @param touched told of paths, some of them for nothing */
  constructor(root: PathLine, touched: (line: PathLine) => void) {
    this.#root = root;
    this.#touched = touched;
  }

  apply(index: number, mutation: Mutation): void {
    switch (mutation.type) {
      case 'attributes': {
        const { kind, uid } = mutation.attributes;
        if (mutation.inode === rootInode) this.#tasks = tasksIn(mutation.attributes);
        const known = this.#files.get(mutation.inode);
        if (known !== undefined) known.uid = uid;
        else if (kind === 'file') this.#files.set(mutation.inode, { put: -1, uid, links: [] });
        else if (kind === 'directory' && !this.#names.has(mutation.inode))
          this.#names.set(mutation.inode, new Map());
        return;
      }
      case 'put': {
        const file = this.#files.get(mutation.inode);
        if (file === undefined) return;
        file.put = index;
        for (const place of file.links) this.#touch(place, mutation.inode);
        return;
      }
      case 'link':
        this.#link({ parent: mutation.parent, name: nameKey(mutation.name) }, mutation.inode);
        return;
      case 'unlink':
        this.#unlink({ parent: mutation.parent, name: nameKey(mutation.name) });
        return;
      case 'rename':
        this.#rename(mutation);
        return;
    }
  }

  /** The file that a path shows. */
  fileAt(line: PathLine): { readonly inode: number; readonly put: number } | undefined {
    let inode: number | undefined = rootInode;
    for (const name of line.keys()) {
      inode = name === tasksLine ? this.#tasks : this.#names.get(inode)?.get(name);
      if (inode === undefined) return undefined;
    }
    const file = this.#files.get(inode);
    return file === undefined ? undefined : { inode, put: file.put };
  }

  /** Whose a file is, or was at last. */
  uidOf(inode: number): number | undefined {
    return this.#files.get(inode)?.uid;
  }

  #rename({ parent, name, newParent, newName, exchange }: Extract<Mutation, { type: 'rename' }>): void {
    const from = { parent, name: nameKey(name) };
    const to = { parent: newParent, name: nameKey(newName) };
    const [moved, replaced] = [this.#at(from), this.#at(to)];
    // Two names of one file: rename(2) does nothing.
    if (moved === undefined || moved === replaced) return;
    this.#unlink(from);
    if (replaced !== undefined) this.#unlink(to);
    this.#link(to, moved);
    if (exchange && replaced !== undefined) this.#link(from, replaced);
  }

  #link(place: Place, inode: number): void {
    this.#names.get(place.parent)?.set(place.name, inode);
    this.#files.get(inode)?.links.push(place);
    if (this.#names.has(inode)) this.#places.set(inode, place);
    this.#touch(place, inode);
  }

  #unlink(place: Place): void {
    const inode = this.#at(place);
    if (inode === undefined) return;
    this.#touch(place, inode);
    this.#names.get(place.parent)?.delete(place.name);
    this.#places.delete(inode);
    const links = this.#files.get(inode)?.links ?? [];
    const gone = links.findIndex(({ parent, name }) => parent === place.parent && name === place.name);
    if (gone >= 0) links.splice(gone, 1);
  }

  #at({ parent, name }: Place): number | undefined {
    return this.#names.get(parent)?.get(name);
  }

  /** Tells of a name that leads to an inode, and of all below it. */
  #touch({ parent, name }: Place, inode: number): void {
    const line = this.#lineOf(parent)?.child(name);
    if (line !== undefined) this.#touchAll(line, inode);
  }

  #touchAll(line: PathLine, inode: number): void {
    if (this.#files.has(inode)) this.#touched(line);
    for (const [name, below] of this.#names.get(inode) ?? []) this.#touchAll(line.child(name), below);
  }

  /** The path of a directory; undefined where it hangs nowhere. */
  #lineOf(directory: number): PathLine | undefined {
    if (directory === rootInode) return this.#root;
    if (directory === this.#tasks) return this.#root.child(tasksLine);
    const place = this.#places.get(directory);
    return place === undefined ? undefined : this.#lineOf(place.parent)?.child(place.name);
  }
}
