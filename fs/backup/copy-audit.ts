/** The audit log from one directory to another: whole segments once, the last one as far as it is written. */
import { join } from 'node:path';
import { archivedName } from '../audit/archived.js';
import { replaceWithCopy, sizeOf } from '../disk/copy.js';
import { filesOf } from './snapshot.js';

/** Filler and an unfinished segment are left out. */
const wanted = /^((\d{8}|pending)\.jsonl|archived\.json)$/;
/** Others than these grow only. */
const segment = /^\d{8}\.jsonl$/;

/** @param to path into a folder that is held open. @returns how many files were copied */
export async function copyAudit(from: string, to: string): Promise<number> {
  let copied = 0;
  // In order: a copy that is cut off ends earlier, and never has a gap.
  for (const name of ((await filesOf(from)) ?? []).sort(archivedFirst)) {
    if (!wanted.test(name)) continue;
    if (segment.test(name) && (await sameSize(join(from, name), join(to, name)))) continue;
    if (await replaceWithCopy(join(from, name), join(to, name))) copied += 1;
  }
  return copied;
}

/** The log only grows. */
async function sameSize(from: string, to: string): Promise<boolean> {
  return (await sizeOf(from)) === (await sizeOf(to));
}

/** A copy that is cut off may lack the newest segments, and not what says where the oldest are. */
function archivedFirst(a: string, b: string): number {
  if (a === archivedName || b === archivedName) return a === archivedName ? -1 : 1;
  return a < b ? -1 : 1;
}
