import { SherinError } from '../../../common/errors.js';
import type { ObjectContent } from '../../cube/content.js';
import type { OpenFile } from '../../mount/source.js';
import { nothingStored, type Stored } from '../../writing/stored.js';
import type { Writing } from '../../writing/writing.js';

/** A file that somebody writes to: each read sees what was written before it. */
export class LiveFile implements OpenFile {
  readonly #writing: Writing;
  readonly #ino: number;
  readonly kept: boolean;
  readonly #open: (stored: Stored) => ObjectContent;
  /** The last version that was read from. */
  #version: { readonly object: number; readonly content: ObjectContent } | null = null;

  constructor(writing: Writing, ino: number, kept: boolean, open: (stored: Stored) => ObjectContent) {
    this.kept = kept;
    this.#writing = writing;
    this.#ino = ino;
    this.#open = open;
  }

  get size(): number {
    return this.#writing.tree.inode(this.#ino)?.size ?? 0;
  }

  readCached(offset: number, length: number, target: Buffer): number | undefined {
    if (this.#writing.contents.get(this.#ino) !== undefined) return undefined;
    return this.#content().readCached(offset, length, target);
  }

  read(offset: number, length: number, target: Buffer): Promise<number> {
    const file = this.#writing.contents.get(this.#ino);
    return (file?.content ?? this.#content()).read(offset, length, target);
  }

  close(): void {
    this.#version?.content.close();
    this.#version = null;
  }

  #content(): ObjectContent {
    const { tree } = this.#writing;
    const inode = tree.inode(this.#ino);
    if (inode === undefined) throw new SherinError('PATH_MISSING', { path: `inode ${this.#ino}` });
    const no = inode.object;
    if (this.#version?.object === no) return this.#version.content;
    const content = this.#open(tree.object(no) ?? nothingStored);
    this.#version = { object: no, content };
    return content;
  }
}
