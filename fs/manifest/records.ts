/** What the manifest's log says: one mutation per record (FORMAT.md, "Manifest log"). */
import type { CubeId, SherinId, SherinIdParts } from '../../common/ids.js';
import type { CubeFault } from '../../native/index.js';

export type InodeKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket';

export interface Attributes {
  readonly kind: InodeKind;
  /** Low 12 bits of the POSIX mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970, as `mtime` and `ctime`. */
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** What a symbolic link says; null for other kinds. */
  readonly target: Buffer | null;
  readonly xattrs: readonly (readonly [name: Buffer, value: Buffer])[];
}

/** Where a version came from. */
export interface Lineage {
  readonly derivedFrom: readonly SherinId[];
  readonly taskId: string;
  readonly botId: string;
  readonly botVersion: string;
}

export type PolicyTag = 'user' | 'admin' | 'system';

/** An inode has this content now. */
export interface Put {
  readonly type: 'put';
  readonly inode: number;
  readonly id: SherinIdParts;
  /** Bytes. */
  readonly length: number;
  /** Object root. */
  readonly root: Buffer;
  /** Root node of the object's index tree. */
  readonly node: Buffer;
  readonly lineage: Lineage | null;
}

/** An object is stored in other cubes from now on: what it is, and which versions have it, stays. */
export interface Layout {
  readonly type: 'layout';
  /** Number of the object. */
  readonly object: number;
  /** Root node of the object's index tree. */
  readonly node: Buffer;
}

export type CollectedBy = 'gc' | 'destroy';

/** Versions are given up: they stay in the log, their content does not stay in the vault. */
export interface Collect {
  readonly type: 'collect';
  readonly by: CollectedBy;
  /** Log indexes of their puts, ascending. */
  readonly puts: readonly number[];
  /** Numbers of the objects that no version has any more, ascending: their content is gone until it is put again. */
  readonly objects: readonly number[];
}

export type Mutation =
  | { readonly type: 'attributes'; readonly inode: number; readonly attributes: Attributes }
  | { readonly type: 'link'; readonly parent: number; readonly inode: number; readonly name: Buffer }
  | { readonly type: 'unlink'; readonly parent: number; readonly name: Buffer }
  | {
      readonly type: 'rename';
      readonly parent: number;
      readonly name: Buffer;
      readonly newParent: number;
      readonly newName: Buffer;
      readonly exchange: boolean;
    }
  | Put
  | { readonly type: 'policy'; readonly parent: number; readonly name: Buffer; readonly tag: PolicyTag }
  | { readonly type: 'grant'; readonly grant: unknown }
  | { readonly type: 'quarantine'; readonly cube: CubeId; readonly reason: CubeFault }
  | { readonly type: 'heal'; readonly cube: CubeId }
  | Collect
  | Layout;

export interface LogRecord {
  readonly mutation: Mutation;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

/** The inode of the root directory. */
export const rootInode = 1;

/** Position is the code on disk; 0 is no code. */
export const inodeKinds = [undefined, 'file', 'directory', 'symlink', 'fifo', 'socket'] as const;
export const collectors = [undefined, 'gc', 'destroy'] as const;
/** Entries of each list of one collect record. */
export const mostCollected = 8192;
export const policyTags = ['user', 'admin', 'system'] as const;
export const cubeFaults = [
  undefined,
  'malformed',
  'sealed',
  'root',
  'tag',
  'leaf',
  'padding',
  'signature',
] as const;

/** The stricter of two tags: `system` before `admin` before `user`. */
export function stricter(a: PolicyTag, b: PolicyTag): PolicyTag {
  return policyTags.indexOf(a) > policyTags.indexOf(b) ? a : b;
}
