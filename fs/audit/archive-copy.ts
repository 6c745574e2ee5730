/** Whole segments to another place, each checked there with the public key alone before the vault may give them up. */
import { constants } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { verifier } from '../../common/signature.js';
import type { VaultKey } from '../../common/vault-key.js';
import { replaceWithCopy, sizeOf, syncOrdinary } from '../disk/copy.js';
import { syncDirectory } from '../disk/durable.js';
import { Replay } from './replay.js';
import { openSegment, rawLines, segmentName } from './segment.js';
import { walkSegment } from './walk.js';

export interface ArchiveCopy {
  /** `audit/` of the vault, and the folder that gets the copy, which is there. */
  readonly from: string;
  readonly to: string;
  readonly key: VaultKey;
  readonly first: number;
  readonly last: number;
  readonly progress: (done: number, total: number) => void;
}

/**
 * What has the name of a segment there already is never overwritten: it has to be this one. All of it is durable when it resolves.
 * @returns bytes of the segments. @throws SherinError ARCHIVE_BROKEN, TARGET_FULL, LOCAL_FILE
 */
export async function copyArchive(options: ArchiveCopy): Promise<number> {
  const { from, to, first, last, progress } = options;
  let bytes = 0;
  try {
    for (let segment = first; segment <= last; segment++) {
      const [source, target] = [join(from, segmentName(segment)), join(to, segmentName(segment))];
      if ((await lstat(target).catch(() => null)) === null) await replaceWithCopy(source, target);
      else await syncOrdinary(target);
      const size = await sizeOf(source);
      if (size === null || size !== (await sizeOf(target)))
        throw new SherinError('ARCHIVE_BROKEN', {
          path: to,
          part: `${segmentName(segment)} there is another file`,
        });
      bytes += size;
      progress(segment - first + 1, last - first + 1);
    }
    await syncDirectory(to);
    await verifyCopy(options);
  } catch (error) {
    throw asFault(error, to);
  }
  return bytes;
}

/** Every line of the copy, and that the vault goes on where it ends. */
async function verifyCopy({ from, to, key, first, last }: ArchiveCopy): Promise<void> {
  const verify = verifier(key.publicKey);
  const replay = new Replay({ uuid: key.uuid, verify, mac: null, thorough: true, expect: null });
  for (let segment = first; segment <= last; segment++) await walkSegment(to, segment, false, replay);
  replay.finish();
  const file = await openSegment(from, last + 1, constants.O_RDONLY);
  try {
    for await (const [line] of rawLines(file)) {
      if (line !== undefined) replay.begin(last + 1, line);
      return;
    }
  } finally {
    await file.close();
  }
}

function asFault(error: unknown, path: string): unknown {
  if (error instanceof SherinError)
    return error.code === 'AUDIT_BROKEN'
      ? new SherinError('ARCHIVE_BROKEN', { path, part: String(error.context.part) }, { cause: error })
      : error;
  const part = systemCode(error);
  if (part === 'ENOSPC' || part === 'EDQUOT') return new SherinError('TARGET_FULL', {}, { cause: error });
  return part === undefined ? error : new SherinError('LOCAL_FILE', { path, part }, { cause: error });
}
