/** Which segments of a log are there: all up to the last one, without those that are archived. */
import { readdir } from 'node:fs/promises';
import { systemCode } from '../../common/errors.js';
import { type Archived, readArchived } from './archived.js';
import { broken } from './fault.js';
import { requireKnownLog, requireKnownVersion } from './known-version.js';
import type { CheckpointLine } from './line.js';
import { firstLine, numbersOf, type SegmentFolder, segmentName } from './segment.js';
import type { LogSigner } from './signed-head.js';
import { checkpointIn } from './walk.js';

export interface Segments {
  /** Of those that are there without a gap up to the last one. */
  readonly first: number;
  /** 0: none is there. */
  readonly last: number;
  /** Records before the first one. */
  readonly from: number;
  readonly archived: Archived | null;
}

/**
 * A segment may be missing where the vault's key says that it is archived. Then the first behind those goes on where they end.
 * @throws SherinError AUDIT_BROKEN when another one is missing; FORMAT_NEWER
 */
export async function findSegments(dir: string, signer: LogSigner): Promise<Segments> {
  // The statement of a later program is not to be read as a broken one.
  await requireKnownLog(dir, signer);
  const archived = await readArchived(dir, signer);
  const names = await readdir(dir).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  const numbers = numbersOf(names);
  const last = numbers.at(-1) ?? 0;
  const gone = archived?.segments ?? 0;
  if (last === 0 && gone === 0) return { first: 1, last, from: 0, archived };
  if (last <= gone) throw broken(`segment ${segmentName(gone + 1)} is missing`);
  const there = new Set(numbers);
  let first = last;
  while (there.has(first - 1)) first -= 1;
  if (first > gone + 1) throw broken(`segment ${segmentName(first - 1)} is missing`);
  if (archived !== null) await requireContinues(dir, archived, signer);
  const from = first === 1 ? 0 : (await checkpointOf(dir, first, signer)).size;
  return { first, last, from, archived };
}

async function requireContinues(
  dir: string,
  { segments, size, root }: Archived,
  signer: LogSigner,
): Promise<void> {
  const next = await checkpointOf(dir, segments + 1, signer);
  if (next.size !== size || next.root !== root)
    throw broken(`segment ${segmentName(segments + 1)} does not go on where the archived ones end`);
}

/** Segments before `first` are in the archive. */
export function inBothPlaces(dir: string, archive: string, first: number): SegmentFolder {
  return (segment) => (segment < first ? archive : dir);
}

/** Not yet verified: whoever walks the segment does that. */
async function checkpointOf(
  dir: string,
  segment: number,
  signer: LogSigner,
): Promise<CheckpointLine['checkpoint']> {
  const bytes = await firstLine(dir, segment);
  requireKnownVersion(bytes, segment, signer);
  return checkpointIn(bytes, segment).checkpoint;
}
