/** Blocks of one file that are written and made durable without JavaScript, until that takes them over (native/journal/rewrites.h). */
import type { Buffer } from 'node:buffer';
import type { Keyring } from './keys.js';

/** Where the next frame of the journal goes, and the append in it (FORMAT.md, "Journal"). */
export interface FrameTo {
  /** Byte of the segment, and bytes of it. */
  readonly at: number;
  readonly capacity: number;
  /** 64 bytes that each frame authenticates, of which 32 make the key. */
  readonly head: Buffer;
  readonly salt: Buffer;
  readonly segment: number;
  readonly index: number;
  /** Of the frame before. */
  readonly tag: Buffer;
  readonly append: number;
  readonly oldest: number;
  readonly next: number;
}

export interface RewrittenFile {
  readonly inode: number;
  /** Number of its puts before. */
  readonly version: number;
  /** Bytes. */
  readonly length: number;
  /** Of the last write, nanoseconds since 1970. */
  readonly written: bigint;
}

export interface RewritesState extends Pick<FrameTo, 'at' | 'index' | 'tag' | 'append'> {
  readonly written: bigint;
  /** Of the blocks that are held, oldest first. */
  readonly offsets: Float64Array;
  /** How many of them, from the first on, stand in the journal. */
  readonly told: number;
  /** Seconds that each sync took, of those since the last look. */
  readonly syncs: Float64Array;
  /** The journal is of no use any more. */
  readonly failed: boolean;
}

export interface Rewrites {
  /** As a program's write. False where it is not whole blocks within the file, or more than fits. */
  write(offset: number, bytes: Buffer): boolean;
  /** As a program's fsync. False where something is not durable, or nothing is taken any more. */
  sync(): boolean;
  /** What there is now; `rewritten` of a FuseSession tells of what comes after it. */
  look(): RewritesState;
  /** As `look`, with nothing taken any more; waits for a sync that is under way, and for some seconds where that hangs: then it has failed. */
  revoke(): RewritesState;
  /** Copies one of the blocks that are held to a buffer of its size. @throws EINVAL */
  copy(number: number, target: Buffer): void;
  /** Lets go of so many of them, from the first on. */
  release(count: number): void;
}

export interface RewritesConstructor {
  /** @param fd of the segment; another descriptor of it is used. @throws NativeError */
  new (keyring: Keyring, fd: number, place: FrameTo, file: RewrittenFile): Rewrites;
}
