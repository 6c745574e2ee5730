import type { Mutation } from '../manifest/records.js';
import type { Tree } from '../manifest/tree.js';
import type { Moved } from './moved-by.js';

/** Who shows files to programs, and has to know what becomes of what they wrote. */
export interface WritingListener {
  /** Files are about to lie elsewhere, or to get or lose a name. */
  moving(files: Moved): void;
  /** Programs change the tree; it is as it was before. */
  changing(tree: Tree, mutations: readonly Mutation[]): void;
  /** A program has changed the content of a file, or anything of what has no name any more: no change of the tree. */
  written(ino: number): void;
  /** What was appended to it stands elsewhere than a kernel has it. */
  misplaced(ino: number): void;
  /** Nobody writes to these inodes any more, and their content is as in their last version. */
  settled(inodes: readonly number[]): void;
  /** Whether closing a file may have to tell that sealing has failed. */
  late(late: boolean): void;
  /** Whether a program may still reach an inode that has lost its last name. */
  holds(ino: number): boolean;
  /** Work in the background fails, for the first time since it last succeeded. */
  failing(what: string, error: unknown): void;
}

export const nobody: WritingListener = {
  moving: () => undefined,
  changing: () => undefined,
  written: () => undefined,
  misplaced: () => undefined,
  settled: () => undefined,
  late: () => undefined,
  holds: () => false,
  failing: () => undefined,
};
