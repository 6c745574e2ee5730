/** Which segments can be kept elsewhere, and their removal. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { syncDirectory } from '../disk/durable.js';
import type { Archived } from './archived.js';
import { broken } from './fault.js';
import { numbersOf, segmentName, type TailPosition } from './segment.js';
import { readCheckpoint } from './walk.js';

/** Without either: all that are whole. */
export interface ArchiveWish {
  /** So many of the newest stay, the one that is written to among them. */
  readonly keep?: number | undefined;
  /** Those stay that have a record of this time or later, ns since 1970. */
  readonly before?: bigint | undefined;
}

export interface Archivable {
  /** Segments; none where `to` is below `from`: what is left of those that are archived goes. */
  readonly from: number;
  readonly to: number;
  /** Records up to their end, and the root over those, base64. */
  readonly size: number;
  readonly root: string;
}

/** @returns null: none. @throws SherinError AUDIT_BROKEN */
export async function archivable(
  dir: string,
  { first, segment }: TailPosition,
  archived: Archived | null,
  { keep = 1, before }: ArchiveWish,
): Promise<Archivable | null> {
  const from = (archived?.segments ?? 0) + 1;
  for (let to = segment - Math.max(1, keep); to >= from; to--) {
    const { size, root, time } = (await readCheckpoint(dir, to + 1)).checkpoint;
    if (before === undefined || BigInt(time) <= before) return { from, to, size, root };
  }
  if (archived === null || first >= from) return null;
  return { from, to: from - 1, size: archived.size, root: archived.root };
}

/** Removes all before one, the oldest first: what a crash leaves has no gap. @returns bytes that were freed */
export async function removeSegments(dir: string, before: number): Promise<number> {
  let freed = 0;
  for (const number of numbersOf(await readdir(dir)).filter((each) => each < before)) {
    const path = join(dir, segmentName(number));
    freed += (await stat(path)).size;
    await rm(path);
  }
  await syncDirectory(dir);
  return freed;
}

/** That the segments are those that are wanted, whoever says so. @throws SherinError USAGE, AUDIT_BROKEN */
export async function requireArchivable(
  dir: string,
  { segment }: TailPosition,
  archived: Archived | null,
  { from, to, size, root }: Archivable,
): Promise<void> {
  if (from !== (archived?.segments ?? 0) + 1 || to >= segment || to < from - 1)
    throw new SherinError('USAGE', { what: `segments ${from} to ${to} can not be archived now` });
  const { checkpoint } = await readCheckpoint(dir, to + 1);
  if (checkpoint.size !== size || checkpoint.root !== root)
    throw broken(`segment ${to} does not end where it was said`);
}
