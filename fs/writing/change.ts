/** What programs have changed, in the order in which they did. */
import type { Namespace } from '../../common/ids.js';
import type { Mutation } from '../manifest/records.js';
import type { FrozenContent } from './frozen-content.js';

/** A change of names or attributes. */
export interface TreeChange {
  readonly type: 'mutation';
  /** Its place in the order of all changes of this vault. */
  readonly number: number;
  readonly mutation: Mutation;
  /** The inode that loses a name by it; 0: none does. */
  readonly unnamed: number;
}

/** A file's content at this point of the order becomes a version. */
export interface VersionChange {
  readonly type: 'version';
  readonly number: number;
  readonly inode: number;
  readonly frozen: FrozenContent;
  /** Its owner then. */
  readonly uid: number;
  /** Of the place where it lay then. */
  readonly namespace: Namespace;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

export type Change = TreeChange | VersionChange;
