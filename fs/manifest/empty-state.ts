/** The state before the first record. */
import { rootInode } from './records.js';
import type { TreeState } from './state.js';

export const emptyState: TreeState = {
  nextInode: rootInode,
  counts: { inodes: 0, entries: 0, objects: 0 },
  inode: () => undefined,
  entry: () => undefined,
  object: () => undefined,
  objectLength: () => undefined,
  storedBytes: () => 0,
  objectNumber: () => undefined,
  list: () => [],
  inodes: () => [],
  parents: () => [],
  quarantine: () => undefined,
  quarantined: () => [],
};
