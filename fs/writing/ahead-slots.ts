/** What programs have in cubes ahead of a version that has them. */
import type { Slot } from '../manifest/object-tree.js';
import type { Contents } from './contents.js';
import type { WorkingTree } from './working-tree.js';

/** Every slot that programs have in cubes and in no version. */
export function* aheadSlots(contents: Contents, working: WorkingTree): Iterable<Slot> {
  for (const { content } of contents.all()) yield* content.aheadSlots();
  for (const change of working.uncommitted())
    if (change.type === 'version') for (const { slot } of change.frozen.slots.values()) yield slot;
}

/**
 * Whether content in memory stands on cubes that no record refers to. A file without a name never gets a record, and the journal would
 * not bring it back: as long as a program has it, who removes cubes leaves those that Writing.inCubes tells of.
 */
export function reliesOnCubes(contents: Contents, working: WorkingTree): boolean {
  const [uncommitted] = working.uncommitted();
  for (const { ino, content } of contents.all())
    if (content.standsOnCubes && (uncommitted !== undefined || !working.isOrphan(ino))) return true;
  return false;
}
