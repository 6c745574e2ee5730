/** What the mount asks of the service behind it. Everything the mount shows comes through here. */
import type { AccessOperation } from '../../common/access/rules.js';
import type { CubeId, Root, SherinId } from '../../common/ids.js';
import type { CubeReader, CubeRef, GrantedSegment, Rewrites, WhenDone } from '../../native/index.js';
import type { InodeKind, Mutation, PolicyTag } from '../manifest/records.js';
import type { Inode, Tree } from '../manifest/tree.js';
import type { BotFolders } from './bots/folders.js';

/** Who makes a call; null where the driver can't tell (`DriverLimits.callerIdentity`). */
export interface Caller {
  readonly uid: number | null;
  readonly gid: number | null;
  readonly pid: number | null;
  /** Supplementary groups where they are known; else those of its process count. */
  readonly groups?: readonly number[];
  /** Path of its program where the driver has looked; the process may be gone since. */
  readonly program?: string;
}

/** The part of the manifest's tree that a mount reads. */
export type TreeView = Pick<
  Tree,
  | 'lookup'
  | 'inode'
  | 'list'
  | 'object'
  | 'objectById'
  | 'storedOf'
  | 'storedBytes'
  | 'inodesOf'
  | 'linksOf'
  | 'parentsOf'
  | 'directory'
  | 'counts'
>;

/** What a driver needs to read content by itself, verified, on threads of its own. */
export interface ReadGrant {
  readonly reader: CubeReader;
  /** Content of a slot (1 MiB of the file), in order. */
  segments(slot: number): readonly GrantedSegment[];
}

/** Content at one version. Reads past the end give fewer bytes, at the end none. */
export interface OpenFile {
  /** Bytes. */
  readonly size: number;
  /** Copies verified bytes that are in memory and returns their count; undefined (nothing copied) when it would have to wait. */
  readCached(offset: number, length: number, target: Buffer): number | undefined;
  /** Reads and verifies; `target` belongs to the callee until the promise settles. @throws SherinError */
  read(offset: number, length: number, target: Buffer): Promise<number>;
  /** No read follows; one that is under way may still settle. */
  close(): void;
  /** False: what the kernel has of it is not to answer for who opens it next. */
  readonly kept?: boolean;
  /** Absent where content is not kept in cubes. */
  readonly grant?: ReadGrant | undefined;
}

/** A file that is one cube, and that a driver may open by itself for anyone whom its mode lets. */
export interface PreparedFile {
  readonly reader: CubeReader;
  readonly cube: CubeRef;
  /** Records such an open. */
  note(caller: Caller): void;
  /** What was opened so, for reads that the driver can't answer. */
  content(): OpenFile;
}

/** What `user.sherin.*` tells of a file. */
export interface FileFacts {
  readonly id: SherinId;
  /** Number of cubes. */
  readonly cubes: number;
  readonly root: Root | Buffer;
  /** Time of the last full check in nanoseconds since 1970; null: never. */
  readonly verified: bigint | null;
  /** Inclusion proof of the object under the present tree head. */
  readonly proof: Buffer;
  readonly versions: number;
  readonly policy: PolicyTag;
}

/** A file of `.sherin/`; its content is there while the vault is locked too. */
export interface GeneratedFile {
  readonly name: string;
  readonly mode: number;
  readonly content: () => Buffer | Promise<Buffer>;
}

export interface QuarantinedCube {
  readonly cube: CubeId;
  /** Bytes of the file in quarantine. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

export interface Space {
  readonly blockSize: number;
  readonly blocks: number;
  readonly free: number;
  readonly available: number;
  readonly files: number;
  readonly nameMax: number;
}

/** Copies `length` bytes, from `from` of what is being written, to `target` at `at`, or throws before it has copied any. */
export type WriteSource = (from: number, length: number, target: Buffer, at: number) => void;

/** A byte of a file. */
export interface FilePlace {
  readonly ino: number;
  readonly offset: number;
}

/** A name in the user's tree, or beside it; there need be nothing. */
export interface NameInTree {
  /** Inode of the directory. */
  readonly parent: number;
  readonly name: Buffer;
}

/** What access rules are asked about: an inode, an object by its ID, or a name that something of a kind is to get. */
export type Ruled =
  | { readonly ino: number }
  | { readonly id: SherinId }
  | (NameInTree & { readonly kind: InodeKind });

/** What rejects with SherinError DENIED once that is on record; undefined: nothing is refused. */
export type Refusal = Promise<never> | undefined;

/** Access rules, which hold besides modes and tags. They answer at once: a change that follows at once is of what they looked at. */
export interface AccessGuard {
  refusal(operation: AccessOperation, ruled: Ruled, caller: Caller): Refusal;
  /** Of taking a name away, whatever it leads to. */
  removalRefusal(name: NameInTree, caller: Caller): Refusal;
  renameRefusal(from: NameInTree, to: NameInTree, exchange: boolean, caller: Caller): Refusal;
}

/** What programs change of the user's tree. Everything is in memory when a call returns, and on disk after {@link sync}. */
export interface Changes {
  readonly tree: TreeView;
  /** Access rules; null: there are none. */
  readonly guard: AccessGuard | null;
  /** The time of a change, nanoseconds since 1970: each later than the one before. */
  now(): bigint;
  /** A number that no inode ever had. */
  newInode(): number;
  /** Makes changes one after another. @throws SherinError when one does not fit */
  change(mutations: readonly Mutation[]): void;
  /** Has lost its last name, but not its last user. */
  isOrphan(ino: number): boolean;
  changeOrphan(inode: Inode): void;
  /** Nobody holds an inode any more. */
  forget(ino: number): void;
  /** Somebody begins to write, and ends: with the last one the content becomes a version. */
  opened(ino: number): void;
  closed(ino: number): void;
  /** What was written so far becomes a version before whatever is changed next. */
  version(ino: number): void;
  /** @throws SherinError NO_SPACE, IO; those of what stands beside the written bytes */
  write(ino: number, offset: number, count: number, source: WriteSource): Promise<void>;
  /**
   * Writes at the end as it is then, which a kernel may not know: it has the size it was told last, and others may have written since.
   * @param supposed where the kernel took it to be; where that is not so, mounts are told to look again
   * @param admit is told where it is, and throws what is not to be
   * @throws as {@link write}; what `admit` throws
   */
  append(
    ino: number,
    supposed: number,
    count: number,
    source: WriteSource,
    admit: (offset: number) => void,
  ): Promise<void>;
  /**
   * Has bytes of one file stand in another without reading them.
   * @returns how many from the first on; the rest has to be read and written
   * @throws as {@link write}
   */
  reference(from: FilePlace, to: FilePlace, length: number): Promise<number>;
  truncate(ino: number, length: number): Promise<void>;
  /** The file has `length` bytes at least. */
  grow(ino: number, length: number): Promise<void>;
  /** Zeros within the file. */
  zero(ino: number, offset: number, count: number): Promise<void>;
  /** There is space for so many bytes more. @throws SherinError NO_SPACE */
  requireSpace(count: number): Promise<void>;
  /**
   * Everything that was changed before, and what was written to a file, is on disk when it resolves.
   * @param whenDone may be told so before that, without delay
   * @throws SherinError NO_SPACE, IO, LOCKED: something is not
   */
  sync(ino: number, whenDone?: WhenDone): Promise<void>;
  /** A file that was just written to, to be written and synced without {@link write} and {@link sync} until it is taken back; null where that can not be. */
  lend(ino: number): Rewrites | null;
  /** Something was written to what was lent. */
  rewritten(): void;
  /** What writing in the background has met. @throws SherinError */
  throwLate(ino: number): void;
}

/** Where files have data. */
export interface Ranges {
  readonly tree: TreeView;
  /** The first data, or the first hole, at or after an offset within a file; null: there is no more data. */
  readonly seek: (ino: number, offset: number, what: 'data' | 'hole') => number | null;
}

export interface MountSource {
  /** Access rules; null: there are none. @throws SherinError as {@link tree} */
  guard(): AccessGuard | null | Promise<AccessGuard | null>;
  /** A caller by name, where the driver tells none and it can only be one. */
  named(caller: Caller): Caller;
  /** How the tree is changed. @throws SherinError as {@link tree}; PosixError EROFS where it never is */
  changes(): Changes | Promise<Changes>;
  /** Nothing may be changed: it is the tree of a past time, or of a vault that is frozen. */
  readonly frozen: boolean;
  /** Those of before, to end and keep what was begun, also where no more may be changed; null while the vault is locked: nothing is left. */
  presentChanges(): Changes | null;
  ranges(): Ranges | Promise<Ranges>;
  /** The verified tree; unseals first where that is needed. @throws SherinError LOCKED, PIN_NEEDED, TPM_* */
  tree(): TreeView | Promise<TreeView>;
  /** Opens a file's present version; recorded in the audit log. @param again for who has it open, and whose content is another now @throws SherinError DENIED, LOCKED, CUBE_QUARANTINED */
  openInode(ino: number, caller: Caller, again?: boolean): Promise<OpenFile>;
  /** Null where opening has to be decided each time, or its record to be waited for. */
  prepare(ino: number): PreparedFile | null;
  openObject(id: SherinId, caller: Caller): Promise<OpenFile>;
  /** An object that a bot was granted; whose it is was decided then. Recorded. @throws as {@link openInode}, ID_UNKNOWN */
  openGranted(id: SherinId, caller: Caller): Promise<OpenFile>;
  /** One cube's plaintext, for admins. */
  openCube(id: CubeId, caller: Caller): Promise<OpenFile>;
  findCube(id: CubeId): CubeRef | undefined;
  /** Every cube, for the owner's listing. */
  cubes(): Iterable<CubeRef>;
  /** Bots that have a folder. */
  readonly bots: BotFolders;
  generated(): readonly GeneratedFile[];
  quarantine(): readonly QuarantinedCube[];
  /** Null for a file that was never put. */
  fileFacts(ino: number): Promise<FileFacts | null>;
  /** Content is about to be kept in a new version without being opened: asks the TPM where an open would. @throws as {@link openInode} */
  passKept(ino: number, caller: Caller): Promise<void>;
  /**
   * Gives a directory a namespace of its own, or takes it away (null); for administrators. Durable when it resolves.
   * @param given flags as of setxattr(2)
   * @throws SherinError DENIED, NAMESPACE_NAME, NAMESPACE_PLACE; PosixError EEXIST, ENODATA
   */
  assignNamespace(
    ino: number,
    given: { readonly value: string; readonly flags: number } | null,
    caller: Caller,
  ): Promise<void>;
  /** Namespace of objects that are put below this directory. */
  namespace(ino: number): string | Promise<string>;
  statfs(): Space;
  readonly owner: { readonly uid: number; readonly gid: number };
}
