/** Everything that a program can change at the mount, in nodes and handles: under `files/`, in `inbox/` and where bots write. */
import type { AccessOperation } from '../../../common/access/rules.js';
import { namespaceXattr } from '../../../common/sherin-xattrs.js';
import type { Rewrites, WhenDone } from '../../../native/index.js';
import { FilesNode, PersonalNode } from '../files-tree.js';
import { InboxDirectory } from '../inbox-tree.js';
import type { Node } from '../node.js';
import type { OpenFiles } from '../open-files.js';
import { PosixError } from '../posix-error.js';
import type { Caller, Changes, MountSource, OpenFile, Refusal, Ruled, WriteSource } from '../source.js';
import { refuseForeign } from '../xattr-names.js';
import { type Allocation, allocate } from './allocate.js';
import { copyRange } from './copy-range.js';
import {
  type AttributeChange,
  dropPrivileges,
  removeXattr,
  setAttributes,
  setXattr,
} from './inode-attributes.js';
import { exchange, link, make, type NewInode, rename, rmdir, unlink } from './names.js';
import { mayRead, mayWrite, truncates } from './open-modes.js';
import { OutSpace } from './out-space.js';
import { keptAttributes, madeIn, requireLinkable, requireNoResult, requireSamePlace } from './task-rules.js';

export interface ModificationsOptions {
  readonly source: MountSource;
  readonly open: OpenFiles;
  /** Takes back what reads of an inode go to past us, and waits for it: a write must not be overtaken by older bytes. */
  readonly quiesce: (ino: number) => Promise<void>;
}

export interface WrittenPart {
  /** Bytes. */
  readonly offset: number;
  readonly count: number;
  /** At the end of the file, which the kernel takes to be at `offset`. */
  readonly append: boolean;
  /** The writer may not keep the file's setuid and setgid bits. */
  readonly drops: boolean;
}

/** Of setxattr(2). */
export interface GivenXattr {
  /** Its bytes as Latin-1. */
  readonly name: string;
  readonly value: Buffer;
  readonly flags: number;
}

/** Bytes of the largest file: offsets are exact up to here. */
const greatestSize = Number.MAX_SAFE_INTEGER;

export class Modifications {
  readonly #source: MountSource;
  readonly #open: OpenFiles;
  readonly #quiesce: (ino: number) => Promise<void>;
  readonly #out: OutSpace;

  constructor({ source, open, quiesce }: ModificationsOptions) {
    this.#source = source;
    this.#open = open;
    this.#quiesce = quiesce;
    this.#out = new OutSpace(source, open);
  }

  /** Opens a file in a way that may change it. @throws PosixError EROFS where nothing can be; what opening throws */
  async openChanging(node: Node, flags: number, caller: Caller, drops: boolean): Promise<number> {
    const { changes, ino } = await this.#changing(node);
    requireNoResult(changes.tree, ino);
    await this.#refusal(changes, 'write', { ino }, caller);
    this.#requireFree(ino);
    this.#out.opened(changes.tree, ino);
    const writes = mayWrite(flags);
    let file: OpenFile | null = null;
    let opened = false;
    changes.opened(ino);
    try {
      await this.#still(ino);
      file = await node.open(caller);
      if (truncates(flags)) {
        dropPrivileges(changes, ino, drops);
        await changes.truncate(ino, 0);
      }
      // Locked and unlocked meanwhile: nobody has told what is there now of this writer.
      if (this.#source.presentChanges() !== changes)
        return await this.openChanging(node, flags, caller, drops);
      opened = true;
      return this.#open.add(node, file, caller, writes ? changes : null);
    } finally {
      // Truncating at open is a change that ends at once.
      if (!opened || !writes) changes.closed(ino);
      if (!opened) file?.close();
    }
  }

  /**
   * Makes a file and opens it.
   * @throws PosixError ESTALE where the name has come into use since the kernel looked: it looks again, and decides
   */
  async create(
    parent: Node,
    name: Buffer,
    { mode, flags }: { readonly mode: number; readonly flags: number },
    caller: Caller,
  ): Promise<{ readonly node: Node; readonly handle: number }> {
    const directory = await this.#inside(parent, caller);
    if (directory.changes.tree.lookup(directory.ino, name) !== undefined) throw new PosixError('ESTALE');
    const ruled = { parent: directory.ino, name, kind: 'file' } as const;
    if (mayRead(flags)) await this.#refusal(directory.changes, 'read', ruled, caller);
    if (mayWrite(flags)) await this.#refusal(directory.changes, 'write', ruled, caller);
    const node = await this.make(parent, name, { kind: 'file', mode }, caller);
    const { changes, ino } = await this.#changing(node);
    if (!mayWrite(flags)) return { node, handle: await this.#open.open(node, caller) };
    changes.opened(ino);
    this.#out.opened(changes.tree, ino);
    let opened = false;
    try {
      const file = await node.open(caller);
      opened = this.#source.presentChanges() === changes;
      if (opened) return { node, handle: this.#open.add(node, file, caller, changes) };
      file.close();
    } finally {
      if (!opened) changes.closed(ino);
    }
    // Locked and unlocked meanwhile.
    return { node, handle: await this.openChanging(node, flags, caller, false) };
  }

  async make(parent: Node, name: Buffer, wanted: NewInode, caller: Caller): Promise<Node> {
    const { changes, ino } = await this.#inside(parent, caller);
    const refused = this.#refusal(changes, 'create', { parent: ino, name, kind: wanted.kind }, caller);
    if (refused !== undefined) return refused;
    this.#out.requireName(changes.tree, ino);
    const made = make(changes, { parent: ino, name }, madeIn(changes.tree, ino, wanted), caller);
    return parent instanceof InboxDirectory
      ? new PersonalNode(this.#source, made)
      : new FilesNode(this.#source, made);
  }

  async link(node: Node, parent: Node, name: Buffer, caller: Caller): Promise<void> {
    requireBothChange(node, parent);
    const { changes, ino } = await this.#changing(node);
    const directory = await this.#inside(parent, caller);
    requireLinkable(changes.tree, ino, directory.ino);
    const kind = changes.tree.inode(ino)?.kind ?? 'file';
    const refused = this.#refusal(changes, 'create', { parent: directory.ino, name, kind }, caller);
    if (refused !== undefined) return refused;
    link(changes, ino, { parent: directory.ino, name });
  }

  /** @returns the inode whose name it was */
  async unlink(parent: Node, name: Buffer, caller: Caller): Promise<number> {
    const { changes, ino } = await this.#inside(parent, caller);
    const refused = changes.guard?.removalRefusal({ parent: ino, name }, this.#source.named(caller));
    if (refused !== undefined) return refused;
    this.#requireLeft(changes, ino, name);
    return unlink(changes, { parent: ino, name });
  }

  /** @returns the inode whose name it was */
  async rmdir(parent: Node, name: Buffer, caller: Caller): Promise<number> {
    const { changes, ino } = await this.#inside(parent, caller);
    const refused = changes.guard?.removalRefusal({ parent: ino, name }, this.#source.named(caller));
    if (refused !== undefined) return refused;
    return rmdir(changes, { parent: ino, name });
  }

  /** @returns the inode that lost the new name by it; null: none did */
  async rename(
    parent: Node,
    name: Buffer,
    newParent: Node,
    newName: Buffer,
    flags: number,
    caller: Caller,
  ): Promise<number | null> {
    requireBothChange(parent, newParent);
    const { changes, ino } = await this.#inside(parent, caller);
    const to = await this.#inside(newParent, caller);
    requireSamePlace(changes.tree, ino, to.ino);
    const [old, next] = [
      { parent: ino, name },
      { parent: to.ino, name: newName },
    ] as const;
    const { guard } = changes;
    const refused = guard?.renameRefusal(old, next, flags === exchange, this.#source.named(caller));
    if (refused !== undefined) return refused;
    this.#requireLeft(changes, ino, name);
    this.#requireLeft(changes, to.ino, newName);
    return rename(changes, old, next, flags);
  }

  async setAttributes(node: Node, change: AttributeChange, caller: Caller): Promise<void> {
    const { changes, ino } = await this.#changing(node);
    const place = requireNoResult(changes.tree, ino);
    await this.#refusal(changes, 'write', { ino }, caller);
    const asker = { uid: caller.uid, writes: () => this.#open.isWritten(ino) };
    setAttributes(changes, ino, keptAttributes(changes.tree, ino, place, change), asker);
  }

  /** @param drops the caller may not keep the file's setuid and setgid bits */
  async truncate(node: Node, length: number, drops: boolean, caller: Caller): Promise<void> {
    const { changes, ino } = await this.#changing(node);
    if (length > greatestSize) throw new PosixError('EFBIG');
    requireNoResult(changes.tree, ino);
    const inode = changes.tree.inode(ino);
    if (inode === undefined) throw new PosixError('ENOENT');
    if (inode.kind !== 'file') throw new PosixError(inode.kind === 'directory' ? 'EISDIR' : 'EINVAL');
    await this.#refusal(changes, 'write', { ino }, caller);
    // Of a file that nobody has opened it keeps content, which may be in another namespace from then on.
    if (length > 0 && !this.#open.isWritten(ino)) await this.#source.passKept(ino, caller);
    // A writer until it is done: who opens it meanwhile reads it as it is at each read.
    changes.opened(ino);
    try {
      await this.#still(ino);
      this.#requireFree(ino);
      this.#out.opened(changes.tree, ino);
      this.#out.require(changes.tree, ino, length);
      dropPrivileges(changes, ino, drops);
      await changes.truncate(ino, length);
    } finally {
      changes.closed(ino);
    }
  }

  async setXattr(node: Node, { name, value, flags }: GivenXattr, caller: Caller): Promise<void> {
    refuseForeign(name);
    const { changes, ino } = await this.#changing(node);
    requireNoResult(changes.tree, ino);
    await this.#refusal(changes, 'write', { ino }, caller);
    if (this.#isNamespace(changes, ino, name))
      return this.#source.assignNamespace(ino, { value: value.toString('latin1'), flags }, caller);
    setXattr(changes, ino, name, value, flags);
  }

  /** `name`: its bytes as Latin-1. */
  async removeXattr(node: Node, name: string, caller: Caller): Promise<void> {
    refuseForeign(name);
    const { changes, ino } = await this.#changing(node);
    requireNoResult(changes.tree, ino);
    await this.#refusal(changes, 'write', { ino }, caller);
    if (this.#isNamespace(changes, ino, name)) return this.#source.assignNamespace(ino, null, caller);
    removeXattr(changes, ino, name);
  }

  /** @throws PosixError EBADF, EFBIG; SherinError of the source */
  async write(handle: number, part: WrittenPart, source: WriteSource): Promise<void> {
    const { offset, count } = part;
    const { changes, ino } = await this.#writing(handle);
    const admit = (at: number): void => {
      if (at + count > greatestSize) throw new PosixError('EFBIG');
      this.#out.require(changes.tree, ino, at + count);
    };
    admit(offset);
    dropPrivileges(changes, ino, part.drops);
    if (part.append) await changes.append(ino, offset, count, source, admit);
    else await changes.write(ino, offset, count, source);
  }

  /** What a handle has just written to, to be written to without {@link write}; null where that can not be. */
  lend(handle: number): Rewrites | null {
    const { changes, node } = this.#open.get(handle);
    // It may have been locked or frozen while that was written.
    if (this.#source.frozen || changes !== this.#source.presentChanges()) return null;
    return changes?.lend(node.ino) ?? null;
  }

  /** Something was written to what was lent. */
  rewritten(): void {
    this.#source.presentChanges()?.rewritten();
  }

  /** @param drops as of {@link truncate} */
  async allocate(handle: number, part: Allocation, drops: boolean): Promise<void> {
    const { offset, length } = part;
    const { changes, ino } = await this.#writing(handle);
    if (offset + length > greatestSize) throw new PosixError('EFBIG');
    this.#out.require(changes.tree, ino, offset + length);
    dropPrivileges(changes, ino, drops);
    await allocate(changes, ino, part, () => changes.requireSpace(length));
  }

  /** @param drops as of {@link truncate}. @returns bytes copied, fewer than asked for where the source ends */
  async copy(
    from: { readonly handle: number; readonly offset: number },
    to: { readonly handle: number; readonly offset: number },
    length: number,
    drops: boolean,
  ): Promise<number> {
    const { changes, ino } = await this.#writing(to.handle);
    const { file, node } = await this.#open.present(from.handle);
    if (to.offset + length > greatestSize) throw new PosixError('EFBIG');
    this.#out.require(changes.tree, ino, to.offset + Math.min(length, Math.max(0, file.size - from.offset)));
    dropPrivileges(changes, ino, drops);
    const requireSpace = (): Promise<void> => changes.requireSpace(length);
    const sourceIno = node instanceof FilesNode ? node.ino : 0;
    return copyRange(
      { file, ino: sourceIno, offset: from.offset },
      { changes, ino, offset: to.offset, requireSpace },
      length,
    );
  }

  /** @throws PosixError ENXIO: nothing of that kind follows */
  async seek(handle: number, offset: number, what: 'data' | 'hole'): Promise<number> {
    const { node, file } = await this.#open.present(handle);
    if (offset >= file.size) throw new PosixError('ENXIO');
    if (!(node instanceof FilesNode)) return what === 'data' ? offset : file.size;
    const { tree, seek } = await this.#source.ranges();
    const size = tree.inode(node.ino)?.size ?? file.size;
    const found = seek(node.ino, offset, what);
    if (found === null || found > size) throw new PosixError('ENXIO');
    return found;
  }

  /** A descriptor of the handle is closed: says what writing in the background has met. */
  async flush(handle: number): Promise<void> {
    const { changes, node } = this.#open.get(handle);
    changes?.throwLate(node.ino);
  }

  /** Everything that was changed is on disk when it resolves; `node` in any case. @param whenDone of {@link Changes.sync} */
  async sync(node: Node, whenDone?: WhenDone): Promise<void> {
    const ino = node instanceof InboxDirectory ? node.synced : node instanceof FilesNode ? node.ino : null;
    if (ino === null) return;
    const changes = this.#source.presentChanges() ?? (await this.#source.changes());
    await changes.sync(ino, whenDone);
  }

  /** Programs have let go of a node. */
  forget(ino: number): void {
    const changes = this.#source.presentChanges();
    changes?.forget(ino);
  }

  /** As {@link forget}, where nobody tells what programs let go of: they hold an inode that has lost its name by having it open. */
  forgetUnheld(ino: number): void {
    const changes = this.#source.presentChanges();
    if (changes?.isOrphan(ino) !== true) return;
    if (this.#open.handlesOf(new Set([ino])).length === 0) changes.forget(ino);
  }

  async #changing(node: Node): Promise<{ changes: Changes; ino: number }> {
    if (!(node instanceof FilesNode)) throw new PosixError('EROFS');
    return { changes: await this.#source.changes(), ino: node.ino };
  }

  /** The one attribute of the vault that is set from outside. */
  #isNamespace({ tree }: Changes, ino: number, name: string): boolean {
    return name === namespaceXattr && tree.inode(ino)?.kind === 'directory';
  }

  /** @throws PosixError EBUSY: a file is being taken for a result */
  #requireFree(ino: number): void {
    if (this.#source.bots.taken.has(ino)) throw new PosixError('EBUSY');
  }

  /** As {@link #requireFree}, of what a name leads to. */
  #requireLeft({ tree }: Changes, parent: number, name: Buffer): void {
    if (this.#source.bots.taken.size > 0) this.#requireFree(tree.lookup(parent, name)?.ino ?? 0);
  }

  /** By the access rules. */
  #refusal({ guard }: Changes, operation: AccessOperation, ruled: Ruled, caller: Caller): Refusal {
    return guard?.refusal(operation, ruled, this.#source.named(caller));
  }

  /** The directory of the user's tree in which a caller's names are. */
  async #inside(parent: Node, caller: Caller): Promise<{ changes: Changes; ino: number }> {
    if (!(parent instanceof InboxDirectory)) return this.#changing(parent);
    const changes = await this.#source.changes();
    return { changes, ino: parent.home(changes, caller) };
  }

  /** What a handle that may write leads to; after an unlock that is in the session that is there now. */
  async #writing(handle: number): Promise<{ changes: Changes; ino: number }> {
    const { changes, node } = this.#open.get(handle);
    if (changes === null) throw new PosixError('EBADF');
    return { changes: await this.#source.changes(), ino: node.ino };
  }

  /** Readers of the inode look at what is written from now on. */
  async #still(ino: number): Promise<void> {
    this.#open.changed(new Set([ino]));
    await this.#quiesce(ino);
  }
}

/** @throws PosixError EXDEV between trees, EROFS where nothing can be changed */
function requireBothChange(one: Node, other: Node): void {
  const [inside, otherInside] = [one, other].map(
    (node) => node instanceof FilesNode || node instanceof InboxDirectory,
  );
  if (inside !== otherInside) throw new PosixError('EXDEV');
  if (!inside) throw new PosixError('EROFS');
}
