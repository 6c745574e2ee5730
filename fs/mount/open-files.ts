import type { Node } from './node.js';
import { PosixError } from './posix-error.js';
import type { Caller, Changes, OpenFile } from './source.js';

/** A file that a program holds open. */
export interface OpenHandle {
  readonly node: Node;
  readonly caller: Caller;
  file: OpenFile;
  /** Through which it writes; null where it may not. */
  changes: Changes | null;
  /** How often the content may have become another since this was opened, and the count that `file` was opened at. */
  versions: number;
  seen: number;
}

/** Those above are numbers that the driver gives. */
const greatest = 2 ** 31 - 1;

const nothing: OpenFile = {
  size: 0,
  readCached: () => undefined,
  read: async () => 0,
  close: () => undefined,
};

/** Open files by handle number, 1…2^31−1. */
export class OpenFiles {
  readonly #handles = new Map<number, OpenHandle>();
  /** On their way to a handle. */
  readonly #opening = new Set<{ readonly node: Node; changed: boolean }>();
  #next = 1;

  /** Opens a node to be read. @throws what its open throws */
  async open(node: Node, caller: Caller): Promise<number> {
    const opening = { node, changed: false };
    this.#opening.add(opening);
    try {
      const handle = this.add(node, await node.open(caller), caller, null);
      // What was opened may be what it was before.
      if (opening.changed) this.get(handle).versions += 1;
      return handle;
    } finally {
      this.#opening.delete(opening);
    }
  }

  /** @param changes through which it writes; null: it does not */
  add(node: Node, file: OpenFile, caller: Caller, changes: Changes | null): number {
    while (this.#handles.has(this.#next)) this.#advance();
    const handle = this.#next;
    this.#handles.set(handle, { node, file, caller, changes, versions: 0, seen: 0 });
    this.#advance();
    return handle;
  }

  /** Takes a handle that the driver has opened; without a file it is opened before it is read. */
  adopt(handle: number, node: Node, file: OpenFile | undefined, caller: Caller): void {
    this.#handles.set(handle, {
      node,
      file: file ?? nothing,
      caller,
      changes: null,
      versions: file === undefined ? 1 : 0,
      seen: 0,
    });
  }

  /** One that another process has opened: it is opened here before it is read. @param changes through which it writes */
  restore(handle: number, node: Node, caller: Caller, changes: Changes | null): void {
    this.#handles.set(handle, { node, file: nothing, caller, changes, versions: 1, seen: 0 });
  }

  all(): Iterable<readonly [handle: number, open: OpenHandle]> {
    return this.#handles;
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
    open?.changes?.closed(open.node.ino);
  }

  closeAll(): void {
    for (const handle of [...this.#handles.keys()]) this.close(handle);
  }

  /** The content of a handle; undefined when it is closed or to be opened again. */
  presentFile(handle: number): OpenFile | undefined {
    const open = this.#handles.get(handle);
    return open !== undefined && open.seen === open.versions ? open.file : undefined;
  }

  handlesOf(inodes: ReadonlySet<number>): readonly number[] {
    return [...this.#handles].filter(([, { node }]) => inodes.has(node.ino)).map(([handle]) => handle);
  }

  /** Whether somebody has it open to write to it. */
  isWritten(ino: number): boolean {
    for (const { node, changes } of this.#handles.values())
      if (changes !== null && node.ino === ino) return true;
    return false;
  }

  /**
   * Those who write do so through these changes from now on, which count them as writers at once and not with their first write: who reads before that
   * would be let read the last version past us, and go on with it.
   */
  continueIn(changes: Changes): void {
    for (const open of this.#handles.values()) {
      if (open.changes === null) continue;
      changes.opened(open.node.ino);
      open.changes = changes;
    }
  }

  inodes(): Set<number> {
    return new Set([...this.#handles.values()].map(({ node }) => node.ino));
  }

  /** The next read of these goes to the present version, as the kernel keeps one content per inode. */
  changed(inodes: 'all' | ReadonlySet<number>): void {
    const concerns = ({ versioned, ino }: Node): boolean =>
      versioned && (inodes === 'all' || inodes.has(ino));
    for (const open of this.#handles.values()) if (concerns(open.node)) open.versions += 1;
    for (const opening of this.#opening) if (concerns(opening.node)) opening.changed = true;
  }

  /** The handle, its file opened again where the content has changed. @throws PosixError EBADF; what open throws */
  async present(handle: number): Promise<OpenHandle> {
    for (;;) {
      const open = this.get(handle);
      const { versions } = open;
      if (open.seen === versions) return open;
      const fresh = await open.node.open(open.caller, open.file !== nothing);
      if (open.seen === versions || !this.#handles.has(handle)) {
        fresh.close();
        continue;
      }
      open.file.close();
      open.file = fresh;
      open.seen = versions;
    }
  }

  #advance(): void {
    this.#next = this.#next === greatest ? 1 : this.#next + 1;
  }
}
