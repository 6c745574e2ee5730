/** After a crash: what the journal has and the manifest has not is made once more. */
import { MalformedBytes } from '../../common/bytes.js';
import { decodeRecord } from '../manifest/record-codec.js';
import type { Tree } from '../manifest/tree.js';
import type { Entry } from './journal/entries.js';
import { broken } from './journal/fault.js';
import type { Journal } from './journal/journal.js';
import type { Counts } from './journal/scan.js';
import type { Writing } from './writing.js';

export interface RecoveryParts {
  readonly journal: Journal;
  readonly writing: Writing;
  /** Number of the first change that is not in the manifest. */
  readonly from: number;
  /** An inode with this number was made, and is not in the manifest. */
  readonly reserveInode: (ino: number) => void;
}

/** Whether an entry of the journal counts still, beside what the manifest has: the other way round from what is given back there. */
export function countsStill(tree: Tree, from: number): Counts {
  return (entry, next) => {
    if ('number' in entry) return entry.number >= from;
    const inode = tree.inode(entry.inode);
    return inode === undefined ? next > from : entry.version >= inode.version;
  };
}

/** @returns how many changes and pieces of content were made once more. @throws SherinError JOURNAL_BROKEN */
export async function recover(parts: RecoveryParts): Promise<number> {
  let made = 0;
  parts.writing.durability.recovering();
  try {
    for (const entry of parts.journal.entries()) if (await apply(entry, parts)) made += 1;
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw broken(error.message, error);
  }
  // Who held what has lost its name is gone.
  for (const { ino } of [...parts.writing.working.orphans()]) parts.writing.forget(ino);
  await parts.writing.durability.recovered();
  return made;
}

async function apply(entry: Entry, { writing, from, reserveInode }: RecoveryParts): Promise<boolean> {
  const { working } = writing;
  if ('number' in entry) {
    if (entry.number < from) return false;
    if (entry.number !== working.next)
      throw broken(`it goes on with change ${entry.number}, the next one is ${working.next}`);
  }
  if (entry.type === 'mutation') {
    const { mutation } = decodeRecord(entry.record);
    if (mutation.type === 'attributes' && working.tree.inode(mutation.inode) === undefined)
      reserveInode(mutation.inode);
    writing.change([mutation]);
    // Each has the number that it had.
    working.journaled();
    return true;
  }
  const { inode, version } = entry;
  const known = working.tree.inode(inode);
  // Written to a file that is gone, or that has it in a version already.
  if (known?.kind !== 'file' || version < working.versionsOf(inode)) {
    if (entry.type === 'version') throw broken(`change ${entry.number} is a version of no file`);
    return false;
  }
  if (version > working.versionsOf(inode))
    throw broken(`content of inode ${inode} after a version that is missing`);
  await restoreContent(writing, entry);
  return true;
}

/** Writes once more what the journal has kept of a file. */
async function restoreContent(
  writing: Writing,
  entry: Exclude<Entry, { readonly type: 'mutation' }>,
): Promise<void> {
  await writing.room(entry.inode);
  const file = writing.contents.unsealed(entry.inode);
  const { content } = file;
  file.since ??= Date.now();
  await content.inTurn(async () => {
    if (entry.type === 'data') {
      const { offset, bytes } = entry;
      await content.write(offset, bytes.length, (from, length, target, at) => {
        bytes.copy(target, at, from, from + length);
      });
    } else if (entry.type === 'slot') {
      content.placeSlot(entry.index, entry.slot, entry.limit);
    } else if (entry.type === 'holes') {
      content.placeHoles(entry.first, entry.first + entry.count);
    } else if (entry.type === 'length') {
      content.truncate(Math.min(entry.cut, content.length));
      content.truncate(entry.length);
      file.written = entry.written;
    }
  });
  if (entry.type === 'version') writing.versions.place(file, entry.time);
}
