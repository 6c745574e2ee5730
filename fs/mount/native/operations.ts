/** What the driver does for each request of the kernel, by node number and handle; answers go to the session by number. */
import type { FuseSession } from '../../../native/index.js';
import type { FileSystem } from '../file-system.js';
import type { DirectoryEntry, Node } from '../node.js';
import { errnoOf, PosixError } from '../posix-error.js';
import type { Caller } from '../source.js';
import {
  absentFor,
  attributesOf,
  EntryPacker,
  entryOnly,
  kernelEntryBytes,
  spaceNumbers,
} from './attributes.js';
import type { Grants } from './grants.js';
import { announced, lifetimesOf } from './lifetimes.js';
import type { Listings } from './listings.js';
import type { NodeTable } from './node-table.js';
import type { Prefetch } from './prefetch.js';

export interface OperationsParts {
  readonly session: FuseSession;
  readonly fs: FileSystem;
  readonly nodes: NodeTable;
  readonly listings: Listings;
  readonly grants: Grants;
  readonly prefetch: Prefetch;
}

/** What one request for a listing gets: entries from an offset on, as many as fit. */
interface ListingPart {
  readonly directory: Node;
  readonly entries: readonly DirectoryEntry[];
  readonly offset: number;
  readonly size: number;
  readonly plus: boolean;
}

interface ToldEntry {
  readonly entry: DirectoryEntry;
  readonly attributes: () => Float64Array;
}

export class Operations {
  readonly #session: FuseSession;
  readonly #fs: FileSystem;
  readonly #nodes: NodeTable;
  readonly #listings: Listings;
  readonly #grants: Grants;
  readonly #prefetch: Prefetch;
  readonly #packer = new EntryPacker();

  constructor({ session, fs, nodes, listings, grants, prefetch }: OperationsParts) {
    this.#session = session;
    this.#fs = fs;
    this.#nodes = nodes;
    this.#listings = listings;
    this.#grants = grants;
    this.#prefetch = prefetch;
  }

  async lookup(id: number, parent: number, name: Buffer, caller: Caller): Promise<void> {
    const directory = this.#nodes.at(parent);
    const node = await directory.lookup(name, caller);
    if (node === undefined) {
      if (!directory.announced) throw new PosixError('ENOENT');
      this.#session.answerEntry(id, absentFor(announced.name));
      return;
    }
    const stat = await node.stat();
    this.#session.answerEntry(id, attributesOf(this.#nodes.known(node), stat, lifetimesOf(node)));
  }

  async getattr(id: number, number: number, handle: number): Promise<void> {
    const node = this.#nodes.at(number);
    const stat = handle === 0 ? await node.stat() : await this.#fs.statOpen(handle);
    this.#session.answerAttributes(id, attributesOf(number, stat, lifetimesOf(node)));
  }

  async readlink(id: number, number: number): Promise<void> {
    this.#session.answerLink(id, await this.#fs.readlink(this.#nodes.at(number)));
  }

  /** @param drops the caller may not keep setuid and setgid bits */
  async open(id: number, number: number, flags: number, caller: Caller, drops: boolean): Promise<void> {
    const node = this.#nodes.at(number);
    const handle = await this.#fs.open(node, flags, caller, drops);
    let answered = false;
    try {
      if (this.#session.waiting(id)) {
        if (!node.direct) this.#grants.give(handle, number, 0);
        answered = this.#session.answerOpen(id, handle, this.#fs.keeps(handle), node.direct);
      }
    } finally {
      if (!answered) this.#unanswered(number, handle);
    }
    if (answered && node.versioned) await this.#prefetch.after(node.ino);
  }

  /** The session has opened what was prepared. @param closed and closed it again: nobody reads it */
  opened(number: number, handle: number, caller: Caller, closed: boolean): void {
    if (!closed || !this.#prefetch.passed(number, caller)) {
      this.#fs.adopt(handle, this.#nodes.at(number), this.#prefetch.opened(number, caller), caller);
      if (closed) this.release(handle);
    }
    this.#prefetch.reached(number);
  }

  release(handle: number): void {
    this.#grants.take(handle);
    this.#fs.release(handle);
  }

  /** Nobody has it open, and the kernel does not know that it may have truncated the file. */
  #unanswered(number: number, handle: number): void {
    this.release(handle);
    void this.#session.invalidate([number], []);
  }

  /** Content that is not granted, not named yet, or that failed: read here, where failures are dealt with. */
  async read(id: number, number: number, handle: number, offset: number, size: number): Promise<void> {
    const target = Buffer.allocUnsafeSlow(size);
    try {
      const copied = this.#fs.readCached(handle, offset, size, target);
      const read = copied ?? (await this.#fs.read(handle, offset, size, target));
      this.#session.answerBytes(id, target, read);
    } finally {
      target.fill(0);
    }
    const node = this.#nodes.at(number);
    if (!node.direct) this.#grants.give(handle, number, offset);
  }

  async opendir(id: number, number: number, caller: Caller): Promise<void> {
    const node = this.#nodes.at(number);
    const entries = [...(await this.#fs.list(node, caller))];
    const { handle, cached, kept } = this.#listings.add(node.ino, entries, node.versioned && node.announced);
    if (!this.#session.answerOpendir(id, handle, cached, kept)) this.#listings.close(handle);
    if (node.versioned) this.#prefetch.listed(node.ino, entries);
  }

  releasedir(handle: number): void {
    this.#listings.close(handle);
  }

  /** Offsets: 1 is behind `.`, 2 behind `..`, then the entries. */
  async readdir(
    id: number,
    number: number,
    handle: number,
    offset: number,
    size: number,
    plus: boolean,
    caller: Caller,
  ): Promise<void> {
    const directory = this.#nodes.at(number);
    if (offset === 0 && this.#listings.get(handle)?.present === false)
      this.#listings.renew(handle, [...(await this.#fs.list(directory, caller))]);
    const listing = this.#listings.get(handle);
    if (listing === undefined) throw new PosixError('EBADF');
    const { entries, present } = listing;
    // The kernel has kept it all by now, and may have got the last of it before it heard of a change.
    const outdated = !present && listing.cached && offset >= entries.length + 2;
    const part: ListingPart = { directory, entries, offset, size, plus };
    if (!(present && directory.versioned && this.#packPresent(part))) {
      const told = await this.#lookedUp(part, caller);
      // In one go with the answer: a node noted earlier could be forgotten again while the next one is looked up.
      this.#packer.begin(size);
      told.forEach(({ entry, attributes }, at) => {
        this.#packer.add(entry.name, attributes(), offset + at + 1);
      });
    }
    this.#session.answerDirectory(id, this.#packer.packed, size, plus);
    if (outdated) void this.#session.invalidate([number], []);
  }

  /** Packs a part of the present tree; false where something of it has to be waited for. */
  #packPresent({ directory, entries, offset, size, plus }: ListingPart): boolean {
    this.#packer.begin(size);
    let left = size;
    for (let at = offset; at < entries.length + 2; at++) {
      const entry = at < 2 ? dot(at, directory) : entries[at - 2];
      if (entry === undefined) break;
      left -= kernelEntryBytes(entry.name.length, plus);
      if (left < 0) break;
      const attributes = plus && at >= 2 ? this.#attributesNow(entry) : entryOnly(entry.ino, entry.kind);
      if (attributes === null) return false;
      this.#packer.add(entry.name, attributes, at + 1);
    }
    return true;
  }

  /** Valid until the next call; null where they have to be waited for. */
  #attributesNow({ ino, kind }: DirectoryEntry): Float64Array | null {
    const node = this.#fs.nodeOf(ino);
    if (node === undefined) return null;
    try {
      const stat = node.stat();
      if (stat instanceof Promise) {
        stat.catch(() => undefined);
        return null;
      }
      if (this.#nodes.isTaken(node)) return entryOnly(ino, kind);
      return attributesOf(this.#nodes.known(node), stat, lifetimesOf(node));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return entryOnly(ino, kind);
    }
  }

  /** Looks up the names of a part. */
  async #lookedUp(
    { directory, entries, offset, size, plus }: ListingPart,
    caller: Caller,
  ): Promise<readonly ToldEntry[]> {
    const told: ToldEntry[] = [];
    let left = size;
    for (let at = offset; at < entries.length + 2; at++) {
      const entry = at < 2 ? dot(at, directory) : entries[at - 2];
      if (entry === undefined) break;
      left -= kernelEntryBytes(entry.name.length, plus);
      if (left < 0) break;
      const looked = plus && at >= 2 ? await this.#looked(directory, entry, caller) : null;
      told.push({ entry, attributes: looked ?? (() => entryOnly(entry.ino, entry.kind)) });
    }
    return told;
  }

  async getxattr(id: number, number: number, name: string, size: number, caller: Caller): Promise<void> {
    this.#answerSized(id, await this.#fs.getxattr(this.#nodes.at(number), name, caller), size);
  }

  async listxattr(id: number, number: number, size: number, caller: Caller): Promise<void> {
    this.#answerSized(id, await this.#fs.listxattr(this.#nodes.at(number), caller), size);
  }

  statfs(id: number): void {
    this.#session.answerSpace(id, spaceNumbers(this.#fs.statfs()));
  }

  /** Tells the attributes of a listed entry; null where it can't be looked up: the listing goes on all the same. */
  async #looked(
    directory: Node,
    entry: DirectoryEntry,
    caller: Caller,
  ): Promise<(() => Float64Array) | null> {
    try {
      const node = await directory.lookup(entry.name, caller);
      if (node === undefined) return null;
      const stat = await node.stat();
      return () =>
        this.#nodes.isTaken(node)
          ? entryOnly(entry.ino, entry.kind)
          : attributesOf(this.#nodes.known(node), stat, lifetimesOf(node));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return null;
    }
  }

  /** An empty buffer asks for the size; a short one is ERANGE. */
  #answerSized(id: number, value: Buffer, size: number): void {
    if (size === 0) this.#session.answerSize(id, value.length);
    else if (value.length > size) throw new PosixError('ERANGE');
    else this.#session.answerBytes(id, value, value.length);
  }
}

function dot(at: number, directory: Node): DirectoryEntry {
  return { name: Buffer.from(at === 0 ? '.' : '..'), ino: directory.ino, kind: 'directory' };
}
