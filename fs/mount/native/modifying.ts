/** What the driver does for each request of the kernel that changes something. */
import { type FuseSession, setAttr } from '../../../native/index.js';
import type { Allocation } from '../changes/allocate.js';
import type { AttributeChange } from '../changes/inode-attributes.js';
import { madeKind, permissionsOf } from '../changes/made-kinds.js';
import type { GivenXattr, WrittenPart } from '../changes/modifications.js';
import type { NewInode } from '../changes/names.js';
import type { FileSystem } from '../file-system.js';
import type { Node } from '../node.js';
import { PosixError } from '../posix-error.js';
import type { Caller } from '../source.js';
import { attributesOf } from './attributes.js';
import { lifetimesOf } from './lifetimes.js';
import type { Listings } from './listings.js';
import type { NodeTable } from './node-table.js';

const seekData = 3;
const second = 1_000_000_000n;

export interface ModifyingParts {
  readonly session: FuseSession;
  readonly fs: FileSystem;
  readonly nodes: NodeTable;
  readonly listings: Listings;
}

/** A name in a directory, by the number that the kernel knows that by. */
export interface NodeName {
  readonly parent: number;
  readonly name: Buffer;
}

export class Modifying {
  readonly #session: FuseSession;
  readonly #fs: FileSystem;
  readonly #nodes: NodeTable;
  readonly #listings: Listings;

  constructor({ session, fs, nodes, listings }: ModifyingParts) {
    this.#session = session;
    this.#fs = fs;
    this.#nodes = nodes;
    this.#listings = listings;
  }

  async create(id: number, place: NodeName, flags: number, mode: number, caller: Caller): Promise<void> {
    const parent = this.#nodes.at(place.parent);
    const options = { mode: permissionsOf(mode), flags };
    const { node, handle } = await this.#fs.modify.create(parent, place.name, options, caller);
    this.#listings.changed();
    let answered = false;
    try {
      const stat = await node.stat();
      const attributes = attributesOf(this.#nodes.known(node), stat, lifetimesOf(node));
      answered = this.#session.answerCreate(id, attributes, handle, true, false);
    } finally {
      if (!answered) this.#fs.release(handle);
    }
  }

  /** @throws PosixError EPERM for devices, EINVAL for other types */
  async mknod(id: number, place: NodeName, mode: number, caller: Caller): Promise<void> {
    await this.#make(id, place, { kind: madeKind(mode), mode: permissionsOf(mode) }, caller);
  }

  mkdir(id: number, place: NodeName, mode: number, caller: Caller): Promise<void> {
    return this.#make(id, place, { kind: 'directory', mode: permissionsOf(mode) }, caller);
  }

  symlink(id: number, place: NodeName, target: Buffer, caller: Caller): Promise<void> {
    return this.#make(id, place, { kind: 'symlink', mode: 0o777, target: Buffer.from(target) }, caller);
  }

  async link(id: number, number: number, place: NodeName, caller: Caller): Promise<void> {
    const node = this.#nodes.at(number);
    await this.#fs.modify.link(node, this.#nodes.at(place.parent), place.name, caller);
    this.#listings.changed();
    await this.#answerEntry(id, node);
  }

  async unlink(id: number, place: NodeName, caller: Caller): Promise<void> {
    await this.#fs.modify.unlink(this.#nodes.at(place.parent), place.name, caller);
    this.#done(id);
  }

  async rmdir(id: number, place: NodeName, caller: Caller): Promise<void> {
    await this.#fs.modify.rmdir(this.#nodes.at(place.parent), place.name, caller);
    this.#done(id);
  }

  async rename(id: number, from: NodeName, to: NodeName, flags: number, caller: Caller): Promise<void> {
    const [parent, newParent] = [this.#nodes.at(from.parent), this.#nodes.at(to.parent)];
    await this.#fs.modify.rename(parent, from.name, newParent, to.name, flags, caller);
    this.#done(id);
  }

  /** `values`: as native/fuse-session.ts has them for setattr. @param drops the caller may not keep setuid and setgid bits */
  async setattr(
    id: number,
    number: number,
    values: Float64Array,
    drops: boolean,
    caller: Caller,
  ): Promise<void> {
    const node = this.#nodes.at(number);
    const [valid = 0, , , , size = 0] = values;
    await this.#telling(number, async () => {
      if ((valid & setAttr.size) !== 0) await this.#fs.modify.truncate(node, size, drops, caller);
      const change = changeOf(values);
      // A chown(2) that names neither owner nor group comes without a value, and is a change of status all the same.
      if ((valid & setAttr.size) === 0 || Object.keys(change).length > 0)
        await this.#fs.modify.setAttributes(node, change, caller);
      return this.#session.answerAttributes(id, attributesOf(number, await node.stat(), lifetimesOf(node)));
    });
  }

  async write(id: number, number: number, handle: number, part: WrittenPart): Promise<void> {
    await this.#fs.modify.write(handle, part, (from, length, target, at) => {
      // Its deadline has answered it, and its bytes are wiped.
      if (!this.#session.takeData(id, from, length, target, at)) throw new PosixError('ETIMEDOUT');
    });
    // Before the answer: what the program writes or syncs then goes there already.
    const rewrites = this.#fs.modify.lend(handle);
    if (rewrites !== null) this.#session.letRewrite(number, handle, rewrites);
    this.#session.answerWrite(id, part.count);
  }

  async flush(id: number, handle: number): Promise<void> {
    await this.#fs.modify.flush(handle);
    this.#session.fail(id, 0);
  }

  async fsync(id: number, number: number): Promise<void> {
    await this.#fs.modify.sync(this.#nodes.at(number), this.#session.success(id));
    this.#session.fail(id, 0);
  }

  async setxattr(id: number, number: number, given: GivenXattr, caller: Caller): Promise<void> {
    await this.#fs.modify.setXattr(this.#nodes.at(number), given, caller);
    this.#session.fail(id, 0);
  }

  async removexattr(id: number, number: number, name: string, caller: Caller): Promise<void> {
    await this.#fs.modify.removeXattr(this.#nodes.at(number), name, caller);
    this.#session.fail(id, 0);
  }

  async fallocate(
    id: number,
    number: number,
    handle: number,
    part: Allocation,
    drops: boolean,
  ): Promise<void> {
    await this.#telling(number, async () => {
      await this.#fs.modify.allocate(handle, part, drops);
      return this.#session.fail(id, 0);
    });
  }

  async lseek(id: number, handle: number, offset: number, whence: number): Promise<void> {
    const what = whence === seekData ? 'data' : 'hole';
    this.#session.answerOffset(id, await this.#fs.modify.seek(handle, offset, what));
  }

  async copyFileRange(
    id: number,
    from: { readonly handle: number; readonly offset: number },
    to: { readonly number: number; readonly handle: number; readonly offset: number },
    length: number,
    drops: boolean,
  ): Promise<void> {
    await this.#telling(to.number, async () =>
      this.#session.answerWrite(id, await this.#fs.modify.copy(from, to, length, drops)),
    );
  }

  /**
   * Changes content otherwise than by pages of the kernel: what fails may have changed some of it, and what comes too late all, while the
   * kernel takes it to be as it was. @param change whether the kernel was told of it
   */
  async #telling(number: number, change: () => Promise<boolean>): Promise<void> {
    let told = false;
    try {
      told = await change();
    } finally {
      if (!told) void this.#session.invalidate([number], []);
    }
  }

  async #make(id: number, { parent, name }: NodeName, wanted: NewInode, caller: Caller): Promise<void> {
    const node = await this.#fs.modify.make(this.#nodes.at(parent), name, wanted, caller);
    this.#listings.changed();
    await this.#answerEntry(id, node);
  }

  async #answerEntry(id: number, node: Node): Promise<void> {
    const stat = await node.stat();
    this.#session.answerEntry(id, attributesOf(this.#nodes.known(node), stat, lifetimesOf(node)));
  }

  /** Names have changed. */
  #done(id: number): void {
    this.#listings.changed();
    this.#session.fail(id, 0);
  }
}

function changeOf(values: Float64Array): AttributeChange {
  const [valid = 0, mode = 0, uid = 0, gid = 0, , atime = 0, atimeNs = 0, mtime = 0, mtimeNs = 0] = values;
  const has = (bit: number): boolean => (valid & bit) !== 0;
  const time = (seconds: number, nanoseconds: number): bigint =>
    BigInt(seconds) * second + BigInt(nanoseconds);
  return {
    ...(has(setAttr.mode) && { mode: permissionsOf(mode) }),
    ...(has(setAttr.uid) && { uid }),
    ...(has(setAttr.gid) && { gid }),
    ...(has(setAttr.atime) && { atime: has(setAttr.atimeNow) ? ('now' as const) : time(atime, atimeNs) }),
    ...(has(setAttr.mtime) && { mtime: has(setAttr.mtimeNow) ? ('now' as const) : time(mtime, mtimeNs) }),
  };
}
