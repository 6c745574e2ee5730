/** What every mount driver is: mounted and unmounted once, with its limits in a table. */
import type { Changes } from './source.js';

export interface DriverOptions {
  /** Absolute path of an empty directory. */
  readonly path: string;
  /** Opens the mount to other users, under the modes of the files. */
  readonly allowOther: boolean;
  /** The owner may list `ids/` and `cubes/`. */
  readonly listIds: boolean;
  /** Milliseconds after which a request is answered ETIMEDOUT. */
  readonly deadline?: number;
  /** Called when a connection to the kernel has ended, by whomever: no program can ask anything there. Not by a driver without `tellsEnd`. */
  readonly over?: () => void;
}

export type DriverName = 'native' | 'fuse-native';

/**
 * Whether the kernel lets others ask at all (`allow_other`). It does for every mount of root, as bots of root are users of their own, who have their
 * folders bound into their sandboxes; all else is behind the mode of the mount's top.
 */
export function kernelLetsIn({ allowOther }: Pick<DriverOptions, 'allowOther'>): boolean {
  return allowOther || process.geteuid?.() === 0;
}

/** What a driver can't do; the conformance suite reads it. */
export interface DriverLimits {
  readonly name: DriverName;
  /** Finest step of file times, in nanoseconds. */
  readonly timeStep: number;
  /** Times before 1970 are shown; else as 1970. */
  readonly timesBefore1970: boolean;
  /** The driver knows uid, gid and pid of a caller. */
  readonly callerIdentity: boolean;
  /** Names, of attributes too, that are not UTF-8 are shown; else they are not listed and not found. */
  readonly anyNames: boolean;
  /** The kernel has one inode, and one cache, for all hard links of a file. */
  readonly sharedHardLinks: boolean;
  /** `.sherin/*` is read past the kernel's cache; else readers at one time share a snapshot up to `attributeTimeout` old. */
  readonly directSnapshots: boolean;
  /** Milliseconds for which the kernel keeps names and attributes of what is not announced. */
  readonly attributeTimeout: number;
  /** Flags of renameat2(2); else EINVAL. */
  readonly renameFlags: boolean;
  /** fallocate(2), SEEK_DATA and SEEK_HOLE; else EOPNOTSUPP, and every file looks as if it were data throughout. */
  readonly ranges: boolean;
  /** A file that is open when its last name goes has none; else it has a hidden one in its directory until it is closed. */
  readonly namelessFiles: boolean;
}

/** Names that came or went, by the inode of their directory. */
export interface ChangedName {
  readonly parent: number;
  readonly name: Buffer;
}

export type Invalidation =
  | 'all'
  | { readonly inodes: readonly number[]; readonly names?: readonly ChangedName[] };

export interface MountDriver {
  readonly limits: DriverLimits;
  /** A program can still ask something: it is mounted, or was unmounted under open files. */
  readonly attached: boolean;
  /** It hears of it when somebody else undoes the mount, and not only when it looks. */
  readonly tellsEnd: boolean;
  /** Resolves once programs can use the mount. @throws SherinError MOUNT_USED, TOOL_MISSING, TIMEOUT */
  mount(): Promise<void>;
  /** Detaches; `lazy` when programs still hold files: those go on until closed. @throws SherinError IO */
  unmount(): Promise<{ lazy: boolean }>;
  /**
   * Drops what the kernel caches of content and attributes; resolves once no program can get it from there. Reads in
   * flight are waited for, so never call this from one.
   */
  invalidate(what: Invalidation): Promise<void>;
  /** Files, or all, are about to lie elsewhere, or to get or lose a name: what was to be opened without a decision no longer is. */
  moving(files: readonly number[] | 'all'): void;
  /** The vault is open again: handles that may write go on through these changes. */
  continueIn(changes: Changes): void;
  /** Nobody writes to these inodes any more, and their content is as in their last version. The kernel has it already. */
  settled(inodes: readonly number[]): void;
  /** Whether a program may still ask for an inode that has no name any more. */
  holds(ino: number): boolean;
  /** Whether a close(2) may have to tell that writing in the background has failed. */
  late(late: boolean): void;
}

/** The part of the one logger that a driver uses. Never gets names, keys or content. */
export interface MountLogger {
  error(details: object, message: string): void;
  warn(details: object, message: string): void;
}
