/**
 * A mount over libfuse 3 (native/fuse/). Reads of granted content are answered on the session's own threads; everything
 * else comes to one JavaScript function and is answered by number. An answer that comes after the deadline is dropped.
 */
import type { Buffer } from 'node:buffer';
import type { CubeRef } from './cube-ref.js';
import type { Rewrites } from './rewrites.js';
import type { WhenDone } from './when-done.js';

/** What the kernel asks, as the numbers of native/fuse/call.h. */
export const fuseOp = {
  ready: 0,
  ended: 1,
  forget: 2,
  expired: 3,
  lookup: 4,
  getattr: 5,
  readlink: 6,
  open: 7,
  read: 8,
  release: 9,
  opendir: 10,
  readdir: 11,
  readdirplus: 12,
  releasedir: 13,
  getxattr: 14,
  listxattr: 15,
  statfs: 16,
  setattr: 17,
  create: 18,
  opened: 19,
  mknod: 20,
  mkdir: 21,
  unlink: 22,
  rmdir: 23,
  symlink: 24,
  rename: 25,
  link: 26,
  write: 27,
  flush: 28,
  fsync: 29,
  fsyncdir: 30,
  setxattr: 31,
  removexattr: 32,
  fallocate: 33,
  lseek: 34,
  copyFileRange: 35,
  rewritten: 36,
  noted: 37,
} as const;

/**
 * Numbers of each note of `noted`, of what comes by the thousand: `opened` or `release`, node, uid, gid, pid, handle, and the place of the caller's program
 * among those whose paths `name` has, each ended by a zero byte.
 */
export const noteFields = 7;

/** What `setattr` changes, in its first number (FUSE_SET_ATTR_*). Those that end in Now mean the present time. */
export const setAttr = {
  mode: 1,
  uid: 2,
  gid: 4,
  size: 8,
  atime: 16,
  mtime: 32,
  atimeNow: 128,
  mtimeNow: 256,
  ctime: 1024,
} as const;

/**
 * One request. `ready`, `ended`, `forget`, `expired`, `noted`, `releasedir` and `rewritten` (node, handle) want no answer; `size` of `expired`
 * is how many requests their deadline answered. `opened` and `release` come in `noted`, see {@link noteFields}. Fields that an operation lacks are 0, `name`,
 * `other` and `more` null.
 *
 * `open` has flags of open(2); more: 1 where it truncates for a caller who may not keep setuid and setgid bits.
 *
 * Requests that modify; `node` is the directory where a name is made or removed, `handle` 0 where there is none:
 * - `setattr`: node, handle; flags 1: the caller may not keep setuid and setgid bits; more: which of {@link setAttr}, mode, uid, gid, size, then atime, mtime, ctime as seconds and nanoseconds
 * - `create`: node, name, flags of open(2); more: mode, umask. `answerCreate` answers
 * - `mknod`: node, name; more: mode, umask, device. `mkdir`: node, name; more: mode, umask. `symlink`: node, name; other: its target
 * - `unlink`, `rmdir`: node, name
 * - `rename`: node, name, flags of renameat2(2); other: the new name; more: the new directory
 * - `link`: node of the file; name: the new one; more: the new directory
 * - `write`: node, handle, offset, size; flags 1 as of `setattr`, 2: at the end of the file, wherever that is. `takeData` gives the bytes. `answerWrite` answers
 * - `flush` (at each close(2) of what was not opened to be read, after `setLate(true)`): node, handle
 * - `fsync`, `fsyncdir`: node, handle; flags 1: data only
 * - `setxattr`: node, name, flags of setxattr(2); other: the value. `removexattr`: node, name
 * - `fallocate`: node, handle, offset, size, flags: its mode
 * - `lseek`: node, handle, offset, flags: SEEK_DATA (3) or SEEK_HOLE (4). `answerOffset` answers
 * - `copyFileRange`: node, handle, offset to read from, size, flags; more: node, handle, offset to write to. `answerWrite` answers
 *
 * The kernel has taken the umask off modes already. What reaches behind byte 2^53−1 of a file has been refused.
 */
export type FuseHandler = (
  op: number,
  id: number,
  node: number,
  uid: number,
  gid: number,
  pid: number,
  handle: number,
  offset: number,
  size: number,
  flags: number,
  name: Buffer | null,
  other: Buffer | null,
  more: Float64Array | null,
) => void;

/**
 * Order of the numbers in a Float64Array of attributes (native/fuse/answers.h): the node's number for the kernel (0: there is
 * none), then stat(2)'s, times as seconds and nanoseconds, the seconds for which attributes and name may be kept, 1 where
 * there are no extended attributes but generated ones, and the bytes that blocks are counted for.
 */
export const attributeFields = 17;
/** A packed directory entry: attributes, where to go on, length of the name; then the name, padded with 1–8 zeros. */
export const packedEntryBytes = (attributeFields + 2) * 8;

/** A record of `prepare`: node and size as little-endian doubles, cube ID, cube root. */
export const preparedRecordBytes = 80;

/** A piece of a slot (1 MiB of a file) in the order of the file: bytes of a cube, or zeros. */
export interface GrantedSegment {
  readonly cube: CubeRef | null;
  /** First byte in the cube. */
  readonly offset: number;
  readonly length: number;
}

export interface NameInDirectory {
  /** Node of the directory. */
  readonly parent: number;
  readonly name: Buffer;
}

/** A session that is paused. */
export interface FuseSessionState {
  /** The kernel's hello (FUSE_INIT) and what it was answered. */
  readonly request: Buffer;
  readonly answer: Buffer;
  /** Pairs of numbers: a node that the kernel knows, and how often it has looked it up. */
  readonly lookups: Float64Array;
  /** Of files that the session opens by itself. */
  readonly nextHandle: number;
}

export interface FuseSession {
  /** Mounts at a path and starts to serve; `ready` follows. @throws NativeError EIO */
  mount(path: Buffer): void;
  /** Ends the threads, whatever is still open; nothing is called after it. */
  end(): Promise<void>;
  /** Takes no more requests; resolves when what was taken was handed on. Those that come wait in the kernel, for {@link resume} of any process. */
  pause(): Promise<void>;
  resume(): void;
  /** True when every request that was taken is answered. */
  idle(): boolean;
  /** The connection, for another process; it is the session's. */
  device(): number;
  /** What another process needs beside it. */
  state(): FuseSessionState;
  /**
   * In place of `mount`, of a connection that another process has begun and paused: `resume` goes on with it, and `ready` follows at
   * once. The descriptor is the session's. @throws NativeError EPROTO where this session would go by other parameters
   */
  adopt(device: number, state: FuseSessionState): void;
  /** True while the kernel has a node looked up. */
  knows(node: number): boolean;
  /** False once a request was answered. */
  waiting(id: number): boolean;
  /**
   * Copies bytes of a `write` from `from` on to `at` of `target`. False when the request is answered, by its deadline too: nothing was
   * copied. An answer wipes them.
   */
  takeData(id: number, from: number, length: number, target: Buffer, at: number): boolean;
  /** For a worker of the addon that answers with success as soon as its work is done. */
  success(id: number): WhenDone;
  /** `errno` 0 is success; false when nobody waits any more. */
  fail(id: number, errno: number): boolean;
  answerEntry(id: number, attributes: Float64Array): void;
  /** `answerEntry` and `answerOpen` in one; false when nobody waits any more: the handle is to be closed. */
  answerCreate(
    id: number,
    attributes: Float64Array,
    handle: number,
    keepCache: boolean,
    direct: boolean,
  ): boolean;
  /** False when nobody waits any more. */
  answerAttributes(id: number, attributes: Float64Array): boolean;
  /** False when nobody waits any more: the handle is to be closed. */
  answerOpen(id: number, handle: number, keepCache: boolean, direct: boolean): boolean;
  /**
   * As `answerOpen`, of a directory. `cached`: the kernel keeps the entries that it is given under this handle, and gives them out under it; `kept`:
   * those that it has kept are still right.
   */
  answerOpendir(id: number, handle: number, cached: boolean, kept: boolean): boolean;
  /** As many packed entries as fit into `size`; with `plus` the kernel takes over their attributes and knows their nodes. */
  answerDirectory(id: number, entries: Buffer, size: number, plus: boolean): void;
  answerBytes(id: number, bytes: Buffer, length: number): void;
  answerLink(id: number, target: Buffer): void;
  answerSize(id: number, size: number): void;
  /** Block size, blocks, free, available, files, longest name. */
  answerSpace(id: number, space: Float64Array): void;
  /** Bytes that `write` or `copyFileRange` wrote; false when nobody waits any more. */
  answerWrite(id: number, size: number): boolean;
  answerOffset(id: number, offset: number): void;
  /** Lets reads of a handle be answered without JavaScript, slot by slot as {@link extend} names them. `reader`: a CubeReader. */
  grant(handle: number, node: number, reader: object, size: number): void;
  /** Names the content of a slot; nothing happens without a grant. */
  extend(handle: number, slot: number, segments: readonly GrantedSegment[]): void;
  revoke(handle: number): void;
  /**
   * Lets files that are one cube each be opened without JavaScript, which `opened` then tells of; the latest 2,048 may. They are
   * fetched, verified and, where small, handed to the kernel. `records`: {@link preparedRecordBytes} for each.
   */
  prepare(reader: object, records: Buffer): void;
  /** Takes back what was granted and prepared of nodes; null: of all. */
  withdraw(nodes: readonly number[] | null): void;
  /** Blocks of a node that are written through a handle, and its fsync, go to `rewrites` from now on, in place of another's. `rewritten` tells of them. */
  letRewrite(node: number, handle: number, rewrites: Rewrites): void;
  /** Calls the handler, before it returns, with what it was not told yet: `opened`, `release` and `rewritten` gather for some milliseconds. */
  deliver(): void;
  /**
   * Drops what the kernel caches of nodes (null: of all that it knows) and of names, on a thread that serves no request;
   * resolves when that is done.
   */
  invalidate(nodes: readonly number[] | null, names: readonly NameInDirectory[]): Promise<void>;
  /**
   * Resolves when the kernel has taken what was on its way to its caches: of what was withdrawn or revoked before, no byte gets there
   * any more.
   */
  settle(): Promise<void>;
  /** Whether closing a file may have to tell of an error: `flush` comes only then. False at first. */
  setLate(late: boolean): void;
}

export interface FuseSessionConstructor {
  /** What libfuse has said of any session since this was called last: 16 lines of 255 bytes at most, the newest. It writes none of it. */
  said(): string[];
  new (
    options: {
      /** As libfuse takes them after `-o`. */
      readonly mountOptions: readonly string[];
      /** Milliseconds until a request is answered ETIMEDOUT. */
      readonly deadline: number;
      /** To start with; more come while too few are free. */
      readonly threads: number;
    },
    handler: FuseHandler,
  ): FuseSession;
}
