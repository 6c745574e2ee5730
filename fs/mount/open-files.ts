import type { Node } from './node.js';
import { PosixError } from './posix-error.js';
import type { Caller, OpenFile } from './source.js';

/** A file that a program holds open. */
export interface OpenHandle {
  readonly node: Node;
  readonly caller: Caller;
  file: OpenFile;
  /** The inode has another version since: the next read opens that one, as the kernel keeps one content per inode. */
  stale: boolean;
}

const greatest = 2 ** 31 - 1;

/** Open files by handle number, 1…2^31−1. */
export class OpenFiles {
  readonly #handles = new Map<number, OpenHandle>();
  #next = 1;

  has(handle: number): boolean {
    return this.#handles.has(handle);
  }

  get count(): number {
    return this.#handles.size;
  }

  add(node: Node, file: OpenFile, caller: Caller): number {
    while (this.#handles.has(this.#next)) this.#advance();
    const handle = this.#next;
    this.#handles.set(handle, { node, file, caller, stale: false });
    this.#advance();
    return handle;
  }

  /** @throws PosixError EBADF */
  get(handle: number): OpenHandle {
    const open = this.#handles.get(handle);
    if (open === undefined) throw new PosixError('EBADF');
    return open;
  }

  /** Closes; an unknown handle is no error, as release has no one to tell. */
  close(handle: number): void {
    const open = this.#handles.get(handle);
    this.#handles.delete(handle);
    open?.file.close();
  }

  closeAll(): void {
    for (const handle of [...this.#handles.keys()]) this.close(handle);
  }

  inodes(): Set<number> {
    return new Set([...this.#handles.values()].map(({ node }) => node.ino));
  }

  markStale(inodes: ReadonlySet<number>): void {
    for (const open of this.#handles.values()) {
      if (inodes.has(open.node.ino)) open.stale = true;
    }
  }

  #advance(): void {
    this.#next = this.#next === greatest ? 1 : this.#next + 1;
  }
}
