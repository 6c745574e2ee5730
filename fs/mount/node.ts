/** A thing in the mount. Drivers hold nodes (or find them by path) and know nothing of what is behind. */
import { nowNanoseconds } from '../../common/time.js';
import type { InodeKind } from '../manifest/records.js';
import { PosixError } from './posix-error.js';
import type { Caller, OpenFile, Ruled } from './source.js';

export interface NodeStat {
  readonly ino: number;
  readonly kind: InodeKind;
  /** Low 12 bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes that are not known to be holes; absent: all. */
  readonly stored?: number;
  /** Nanoseconds since 1970. */
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** There are no extended attributes but `user.sherin.*`. */
  readonly bare?: boolean;
}

export interface DirectoryEntry {
  readonly name: Buffer;
  readonly ino: number;
  readonly kind: InodeKind;
}

type Soon<T> = T | Promise<T>;

/** The answers of a node that is neither file, directory nor link; subclasses replace what they can do. */
export abstract class Node {
  abstract readonly ino: number;
  /** Tells it from others of its inode number, where that is made of fewer bits than the name. */
  readonly identity: string = '';
  /** The inode's content can become another. */
  readonly versioned: boolean = false;
  /** The kernel is told when something changes, so it may keep what it knows; else it asks again after a moment. */
  readonly announced: boolean = false;
  /** Not every caller finds it by its name: the kernel has to ask each time. */
  readonly personal: boolean = false;
  /** Every open has content of its own, which the kernel does not keep. */
  readonly direct: boolean = false;
  /** The names that lead to it below the root, in generated trees; null: it does not outlast this process. */
  get place(): readonly string[] | null {
    return null;
  }
  /** What access rules say of it they say of this; null: they say nothing. */
  get ruled(): Ruled | null {
    return null;
  }
  abstract stat(): Soon<NodeStat>;

  /** As {@link stat}, of a file that is open. */
  statOpen(_file: OpenFile): Soon<NodeStat> {
    return this.stat();
  }
  /** The child of this name. @throws PosixError ENOTDIR */
  lookup(_name: Buffer, _caller: Caller): Soon<Node | undefined> {
    throw new PosixError('ENOTDIR');
  }
  /** Children without `.` and `..`. */
  list(_caller: Caller): Soon<Iterable<DirectoryEntry>> {
    throw new PosixError('ENOTDIR');
  }
  readlink(): Soon<Buffer> {
    throw new PosixError('EINVAL');
  }
  /** @param _again for who has it open already, and reads on */
  open(_caller: Caller, _again?: boolean): Soon<OpenFile> {
    throw new PosixError('EISDIR');
  }
  /** A value of an attribute by name, whose bytes are given as Latin-1; undefined: there is none. */
  xattr(_name: string): Soon<Buffer | undefined> {
    return undefined;
  }
  /** Names of stored attributes. */
  xattrNames(): Soon<readonly Buffer[]> {
    return [];
  }
}

/** A directory of a generated tree. */
export abstract class GeneratedDirectory extends Node {
  abstract readonly mode: number;
  readonly #owner: { readonly uid: number; readonly gid: number };
  readonly #time = nowNanoseconds();

  constructor(owner: { readonly uid: number; readonly gid: number }) {
    super();
    this.#owner = owner;
  }

  override stat(): Soon<NodeStat> {
    const time = this.#time;
    const { uid, gid } = this.#owner;
    return {
      ino: this.ino,
      kind: 'directory',
      mode: this.mode,
      nlink: 1,
      uid,
      gid,
      size: 0,
      atime: time,
      mtime: time,
      ctime: time,
    };
  }
}
