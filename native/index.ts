/**
 * Typed surface of the addon `sherin_native`: keys in locked memory, TPM 2.0, cube codec, and the few system calls
 * Node lacks. Only `fs/` imports this file. Key bytes never become JavaScript values, `Keyring.manifestKey` aside.
 *
 * Misuse (wrong types, sizes, use after wipe) throws TypeError or a NativeError synchronously; failures of the
 * machine reject with a {@link NativeError}.
 */
import type { Buffer } from 'node:buffer';
import type { CubeRef } from './cube-ref.js';
import type { FuseSessionConstructor } from './fuse-session.js';
import type {
  KeyringConstructor,
  Keyring as KeyringHandle,
  SecretConstructor,
  Secret as SecretHandle,
} from './keys.js';
import { loadAddon } from './load.js';
import type {
  Threads as ClientThreads,
  PassedDescriptors,
  ThreadsConstructor,
} from './passed-descriptors.js';
import type { Rewrites as BlockRewrites, RewritesConstructor } from './rewrites.js';
import type { Tpm as TpmClient, TpmConstructor } from './tpm.js';
import type { WhenDone } from './when-done.js';

export type { CubeRef } from './cube-ref.js';
export {
  attributeFields,
  type FuseHandler,
  fuseOp,
  type GrantedSegment,
  type NameInDirectory,
  noteFields,
  packedEntryBytes,
  preparedRecordBytes,
  setAttr,
} from './fuse-session.js';
export type { CarriedKeys, FramePlace, MacPurpose, ScryptCost, Wrapped } from './keys.js';
export { loadFuseNativeMend } from './load.js';
export type { FrameTo, RewritesState } from './rewrites.js';
export type { AttestationKey, NvIndex, Quote, Sealed, SealPolicy, TpmInfo } from './tpm.js';
export type { WhenDone } from './when-done.js';

/** `code` is stable: EWIPED, ETAG (a GCM tag did not match), ECHECKSUM, ETPM, EIO-style errno names, EINVAL. */
export interface NativeError extends Error {
  readonly code: string;
  /** TPM response code, for code `ETPM`. */
  readonly tpm?: number;
  /** The TPM or system call that failed. */
  readonly syscall?: string;
}

// --- cubes -------------------------------------------------------------------------------------------------------

/** Reasons are those of the quarantine record (FORMAT.md, "Manifest log"). */
export type CubeFault = 'malformed' | 'sealed' | 'root' | 'tag' | 'leaf' | 'padding' | 'signature';

export type CubeResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** `missing`, `io` and `newer` are not verification failures. */
      readonly fault: CubeFault | 'missing' | 'io' | 'newer';
      readonly vertex?: number;
      /** errno name for `io`. */
      readonly errno?: string;
      /** Format version for `newer`: it is of a later one than this program reads. */
      readonly version?: number;
      /** inode number of the file that was checked, for the quarantine rename. */
      readonly inode?: bigint;
    };

/** `target`: the descriptor took no bytes, the cube is not to blame. */
export type ExportResult =
  | CubeResult
  | { readonly ok: false; readonly fault: 'target'; readonly errno: string };

/** Reads cubes of one vault; owns the bounded cache of verified vertices (locked memory where the limit allows). */
export interface CubeReader {
  /** Copies `length` bytes from `offset` of the cube when all their vertices are cached; false (nothing copied) otherwise. */
  readCached(cube: CubeRef, offset: number, length: number, target: Buffer, at: number): boolean;
  /**
   * Reads, decrypts and verifies the vertices on worker threads, caches them, copies into `target`. On a fault the
   * target range is zeroed. `target` must stay untouched until the promise settles. `fresh`: reopens the file, verifies
   * all of it, reads past page cache (posix_fadvise DONTNEED or O_DIRECT) and vertex cache.
   */
  read(
    cube: CubeRef,
    offset: number,
    length: number,
    target: Buffer,
    at: number,
    options?: { readonly fresh?: boolean },
  ): Promise<CubeResult>;
  /** Starts to fetch a whole cube into the cache; faults are dropped (a later read meets them). */
  prefetch(cube: CubeRef): void;
  /** Decrypts and checks every vertex; with `publicKey` the cube's signature too. Bypasses the vertex cache. */
  verify(cube: CubeRef, publicKey: Buffer | null): Promise<CubeResult>;
  /**
   * Decrypts cube bytes to a descriptor (pwrite at `at`) on a client's threads, each vertex verified before it is written and
   * none written after {@link stop}: at most the write under way is.
   */
  exportTo(
    cube: CubeRef,
    offset: number,
    length: number,
    fd: number,
    at: number,
    threads: ClientThreads,
  ): Promise<ExportResult>;
  /** Wipes what is cached of one cube. */
  drop(id: Buffer): void;
  /** Drops a cube, and keeps the mount's own threads from reading it until {@link allow} or {@link stop}. */
  refuse(id: Buffer): void;
  allow(id: Buffer): void;
  /** Wipes the whole cache, waits for reads in flight (their results become EWIPED faults `io`), and refuses further reads until `resume`. */
  stop(): Promise<void>;
  /** Takes a keyring (after unlock). */
  resume(keyring: Keyring): void;
  stats(): {
    readonly cachedBytes: number;
    readonly lockedBytes: number;
    readonly hits: number;
    readonly misses: number;
    readonly decryptedBytes: number;
    readonly servedBytes: number;
    readonly faults: number;
  };
}

export interface CubeReaderConstructor {
  new (options: {
    /** Descriptor of the vault directory; the reader opens `cubes/…` beneath it, never through links. */
    readonly vaultFd: number;
    readonly cacheBytes: number;
    readonly threads: number;
    /** The vault's UUID (enters the signature check). */
    readonly uuid: Buffer;
    /** Every vertex of a cube is verified before its first byte is given out or cached. */
    readonly wholeCubes: boolean;
  }): CubeReader;
}

export type PadMode = '4k' | 'vertex' | 'cube';

export interface EncodeOptions {
  readonly keyring: Keyring;
  readonly vaultFd: number;
  readonly uuid: Buffer;
  /** Enters the cube ID. */
  readonly owner: number;
  readonly pad: PadMode;
}

export interface EncodedCube {
  readonly kind: 'cube';
  readonly cube: CubeRef;
  /** Name below `cubes/tmp/`, to be renamed by the caller's batch; null when the vault holds a verified equal cube already, and no bad one that this is to replace. */
  readonly temporary: string | null;
  /** Bytes on disk. */
  readonly stored: number;
}

export type Encoded =
  | { readonly kind: 'hole' }
  /** The file ended before `length` bytes. */
  | { readonly kind: 'short'; readonly length: number }
  | EncodedCube;

/** What a file's first call tells of it. */
export interface Begun {
  /** From its beginning on; null when it is no regular file. */
  readonly extent: Extent | null;
  /** All of a file of 1 byte to 1 MiB that has data; else null. */
  readonly whole: Encoded | null;
}

/** Encodes the sources of one import on threads of its own: a source that does not answer holds up nothing else. */
export interface Encoder {
  /**
   * Looks at files, and encodes those of at most 1 MiB at once: a call and two wake-ups for many small ones. Each has its own owner,
   * whatever the options say, and its own outcome, in the order of the files.
   */
  begin(
    fds: readonly number[],
    owners: readonly number[],
    options: EncodeOptions,
  ): Promise<readonly (Begun | NativeError)[]>;
  /** Reads `length` bytes (1–1 MiB) at `offset` of a descriptor, hashes, encrypts, writes an unsynced temporary file. Zero content gives a hole. */
  encode(fd: number, offset: number, length: number, options: EncodeOptions): Promise<Encoded>;
  /** Size of a file and its first data at or after an offset; null when it is no regular file. */
  extent(fd: number, offset: number): Promise<Extent | null>;
  /** Ends the threads, which waits for calls under way: there should be none. Later calls throw EBADF. */
  close(): void;
}

export interface EncoderConstructor {
  new (): Encoder;
}

/** As Encoder's `encode`, from memory. The buffer must stay untouched until the promise settles. */
export type EncodeBuffer = (data: Buffer, options: EncodeOptions) => Promise<Encoded>;

/** A vertex where it is stored: the cube's vertex `from`. */
export interface StoredVertex {
  readonly cube: CubeRef;
  readonly from: number;
}

/** A vertex of a slot that is stored already, but for what was written to some of its vertices. */
export type SlotVertex =
  | { readonly kind: 'hole' }
  | ({ readonly kind: 'kept' } & StoredVertex)
  | {
      readonly kind: 'written';
      /** What stands under what was written; null where that is zero, or nothing of it is left. */
      readonly under: StoredVertex | null;
      /** Room for 4 KiB blocks, in each from `first` on. */
      readonly parts: readonly { readonly bytes: Buffer; readonly first: number }[];
      /** Blocks that were written, bit 0 for the first of the vertex. */
      readonly present: number;
    };

export type EncodedSlot =
  | Exclude<CubeResult, { readonly ok: true }>
  | {
      readonly ok: true;
      /** The written vertices that are not zero, one behind the other; a hole where there are none. */
      readonly encoded: Encoded;
      /** Vertices of the slot that are in it, bit 0 for the first. */
      readonly inCube: number;
      /** Of the whole slot. */
      readonly root: Buffer;
    };

/**
 * Encrypts the written vertices of a slot of `length` bytes as one cube. Of the others nothing is read but their hashes, in the
 * authentic headers of their cubes. The buffers must stay untouched until the promise settles.
 */
export type EncodeSlot = (
  reader: CubeReader,
  vertices: readonly SlotVertex[],
  length: number,
  options: EncodeOptions,
) => Promise<EncodedSlot>;

export type Reencrypted =
  | Exclude<CubeResult, { readonly ok: true }>
  /** `temporary`: null for a cube that is of the present epoch already. */
  | { readonly ok: true; readonly temporary: string | null; readonly stored: number };

/** Decrypts a cube of a former epoch, checks all of it, and encrypts it under the present one, for its ID, as an unsynced temporary file. */
export type ReencryptCube = (
  vaultFd: number,
  id: Buffer,
  uuid: Buffer,
  keyring: Keyring,
) => Promise<Reencrypted>;

/** Keyless check of a cube file: shape, ciphertext root, signature. */
export type ScrubCube = (
  vaultFd: number,
  id: Buffer,
  uuid: Buffer,
  publicKey: Buffer | null,
) => Promise<CubeResult>;

/** Checks a cube header's shape (bytes 0–4095 of a file); exported for fuzzing. Returns the reason or null. */
export type CheckCubeHeader = (header: Buffer, id: Buffer, fileSize: number) => string | null;

/** Leaf hashes (RFC 9162 section 2.1) of all these, one behind the other: a call for each would cost more than its hash. */
export type LeafHashes = (leaves: readonly Uint8Array[]) => Buffer;

/** MTH over the 4 KiB blocks of a buffer, at once: some 2 GB a second. */
export type RootOfBlocks = (data: Buffer) => Buffer;
/** Merkle root (RFC 9162) over hashes that stand one behind the other. @throws RangeError */
export type RootOfHashes = (hashes: Buffer) => Buffer;

// --- system ------------------------------------------------------------------------------------------------------

/** Where a regular file has data next. */
export interface Extent {
  readonly size: number;
  /** Null: only a hole follows. */
  readonly data: number | null;
  /** End of that data; the file's size where there is none. */
  readonly hole: number;
}

export interface System extends PassedDescriptors {
  /** PR_SET_DUMPABLE 0, RLIMIT_CORE 0, no new privileges, SIGUSR1 ignored; as high a limit of locked memory as the administrator allows. */
  harden(): void;
  /**
   * Has so many bytes of locked memory for keys from now on, and says what it is made of. Keys that need more get more, or throw the same.
   * @throws NativeError of `mlock`, with its errno
   */
  lockKeyMemory(bytes: number): 'memfd_secret' | 'mlock';
  /** openat2(2) beneath a directory descriptor with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, O_CLOEXEC. */
  openBeneath(dirFd: number, path: Buffer, flags: number, mode: number): number;
  mkdirBeneath(dirFd: number, path: Buffer, mode: number): void;
  /** renameat2(2) between paths beneath one directory; `noReplace` adds RENAME_NOREPLACE. */
  renameBeneath(dirFd: number, from: Buffer, to: Buffer, noReplace: boolean): void;
  unlinkBeneath(dirFd: number, path: Buffer): void;
  /** Renames every pair beneath `dirFd`, on a worker thread; stops at the first error. */
  renameAll(dirFd: number, pairs: readonly (readonly [Buffer, Buffer])[]): Promise<void>;
  syncfs(fd: number): Promise<void>;
  fdatasync(fd: number, whenDone?: readonly WhenDone[]): Promise<void>;
  /** pwrite(2) of all of it, then fdatasync(2), without a turn of the event loop in between; `bytes` may not change meanwhile. */
  writeDurably(fd: number, bytes: Buffer, position: number): Promise<void>;
  /** Non-blocking exclusive flock; false when another holds it. */
  flock(fd: number): boolean;
  /** Reads a line from a terminal with echo off. */
  readSecretLine(fd: number, limit: number): Secret;
  /** This process's descriptors of /dev/fuse. */
  fuseFds(): number[];
  /** Writes FUSE_NOTIFY_INVAL_INODE for node IDs first…last to a /dev/fuse descriptor, on a thread of its own; ENOENT is ignored. Resolves with the number of inodes that were known. */
  fuseInvalidate(fd: number, first: number, last: number): Promise<number>;
  /** Gives free pages in the middle of the C heap back to the kernel (malloc_trim(3)); takes as long as there is heap. */
  trimHeap(): void;
  /**
   * Zeroed memory for plaintext, 1 byte to 16 MiB: out of core dumps and forked children, locked where the limit allows, wiped
   * when nothing refers to it any more.
   */
  plaintext(size: number): Buffer;
  /** Overwrites a buffer with zeros in a way that is not optimised away. */
  wipe(buffer: Buffer): void;
  /** CLOCK_REALTIME, nanoseconds since 1970: of which the kernel takes file times, as it ticks. */
  realtime(): bigint;
}

interface Addon {
  readonly Secret: SecretConstructor;
  readonly Keyring: KeyringConstructor;
  readonly Tpm: TpmConstructor;
  readonly CubeReader: CubeReaderConstructor;
  readonly Encoder: EncoderConstructor;
  readonly Rewrites: RewritesConstructor;
  readonly Threads: ThreadsConstructor;
  readonly encodeBuffer: EncodeBuffer;
  readonly encodeSlot: EncodeSlot;
  readonly reencryptCube: ReencryptCube;
  readonly scrubCube: ScrubCube;
  readonly checkCubeHeader: CheckCubeHeader;
  readonly leafHashes: LeafHashes;
  readonly rootOfBlocks: RootOfBlocks;
  readonly rootOfHashes: RootOfHashes;
  readonly system: System;
  readonly FuseSession: FuseSessionConstructor;
}

const addon = loadAddon('sherin_native') as Addon;

export const Secret: SecretConstructor = addon.Secret;
export type Secret = SecretHandle;
export const Keyring: KeyringConstructor = addon.Keyring;
export type Keyring = KeyringHandle;
export const Tpm: TpmConstructor = addon.Tpm;
export type Tpm = TpmClient;
export const CubeReader: CubeReaderConstructor = addon.CubeReader;
export const Encoder: EncoderConstructor = addon.Encoder;
export const Rewrites: RewritesConstructor = addon.Rewrites;
export type Rewrites = BlockRewrites;
export const Threads: ThreadsConstructor = addon.Threads;
export type Threads = ClientThreads;
export const encodeBuffer: EncodeBuffer = addon.encodeBuffer;
export const encodeSlot: EncodeSlot = addon.encodeSlot;
export const reencryptCube: ReencryptCube = addon.reencryptCube;
export const scrubCube: ScrubCube = addon.scrubCube;
export const checkCubeHeader: CheckCubeHeader = addon.checkCubeHeader;
export const leafHashes: LeafHashes = addon.leafHashes;
export const rootOfBlocks: RootOfBlocks = addon.rootOfBlocks;
export const rootOfHashes: RootOfHashes = addon.rootOfHashes;
export const system: System = addon.system;
export const FuseSession: FuseSessionConstructor = addon.FuseSession;
export type FuseSession = InstanceType<FuseSessionConstructor>;
