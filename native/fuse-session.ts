/**
 * A mount over libfuse 3 (native/fuse/). Reads of granted content are answered on the session's own threads; everything
 * else comes to one JavaScript function and is answered by number. An answer that comes after the deadline is dropped.
 */
import type { Buffer } from 'node:buffer';
import type { CubeRef } from './cube-ref.js';

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
  changeXattr: 17,
  change: 18,
  opened: 19,
} as const;

/**
 * One request. `ready`, `ended`, `forget`, `expired`, `opened`, `release` and `releasedir` want no answer; `size` of `expired`
 * is how many requests their deadline answered, `name` of `opened` the path of the caller's program. Fields that an operation lacks are 0, `name` null.
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

export interface FuseSession {
  /** Mounts at a path and starts to serve; `ready` follows. @throws NativeError EIO */
  mount(path: Buffer): void;
  /** Ends the threads, whatever is still open; nothing is called after it. */
  end(): Promise<void>;
  /** True while the kernel has a node looked up. */
  knows(node: number): boolean;
  /** False once a request was answered. */
  waiting(id: number): boolean;
  /** `errno` 0 is success. */
  fail(id: number, errno: number): void;
  answerEntry(id: number, attributes: Float64Array): void;
  answerAttributes(id: number, attributes: Float64Array): void;
  /** False when nobody waits any more: the handle is to be closed. */
  answerOpen(id: number, handle: number, keepCache: boolean, direct: boolean): boolean;
  /** As many packed entries as fit into `size`; with `plus` the kernel takes over their attributes and knows their nodes. */
  answerDirectory(id: number, entries: Buffer, size: number, plus: boolean): void;
  answerBytes(id: number, bytes: Buffer, length: number): void;
  answerLink(id: number, target: Buffer): void;
  answerSize(id: number, size: number): void;
  /** Block size, blocks, free, available, files, longest name. */
  answerSpace(id: number, space: Float64Array): void;
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
  /** Calls the handler, before it returns, with what it was not told yet: `opened` and `release` gather for some milliseconds. */
  deliver(): void;
  /**
   * Drops what the kernel caches of nodes (null: of all that it knows) and of names, on a thread that serves no request;
   * resolves when that is done.
   */
  invalidate(nodes: readonly number[] | null, names: readonly NameInDirectory[]): Promise<void>;
}

export interface FuseSessionConstructor {
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
