import type { Mutation } from '../manifest/records.js';
import type { Writing } from './writing.js';

/** How many files and directories have something that the manifest has not: content, attributes, names. */
export function countUnsealed({ versions, working }: Writing): number {
  const inodes = new Set<number>();
  for (const { ino } of versions.due()) inodes.add(ino);
  for (const change of working.uncommitted()) {
    if (change.type === 'version') inodes.add(change.inode);
    else inodes.add(change.unnamed === 0 ? about(change.mutation) : change.unnamed);
  }
  return inodes.size;
}

/** The inode that a change is about; of names that are taken away or given another place, their directory. */
function about(mutation: Mutation): number {
  if ('inode' in mutation) return mutation.inode;
  return 'parent' in mutation ? mutation.parent : 0;
}
