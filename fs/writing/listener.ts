/** Who shows files to programs, and has to know what becomes of what they wrote. */
export interface WritingListener {
  /** Nobody writes to these inodes any more, and their content is as in their last version. */
  settled(inodes: readonly number[]): void;
  /** Whether closing a file may have to tell that sealing has failed. */
  late(late: boolean): void;
}

export const nobody: WritingListener = { settled: () => undefined, late: () => undefined };
