/** The copy of the log against the log. */
import { MalformedBytes } from '../../common/bytes.js';
import { Frontier, leafHash } from '../../common/merkle.js';
import type { Manifest } from '../manifest/manifest.js';
import { type CopyPlace, chainEntries, readChain } from './chain.js';

export interface CopyCheck {
  /** Segments that count, and the bytes of their files. */
  readonly segments: number;
  readonly bytes: number;
  /** Records that are whole in it. */
  readonly records: number;
  /** Time of the state that it leads to, ns; null: it leads to none. */
  readonly time: bigint | null;
  /** What is wrong with it, in words; null: nothing. */
  readonly fault: string | null;
}

/** Opens and hashes all of it. @throws SherinError DISK_READ, MANIFEST_BROKEN */
export async function checkCopy(place: CopyPlace, manifest: Manifest): Promise<CopyCheck> {
  const chain = await readChain(place);
  const { segments, head } = chain;
  const bytes = segments.reduce((sum, { scanned }) => sum + scanned.bytes, 0);
  const facts = { segments: segments.length, bytes, records: head?.size ?? 0, time: head?.time ?? null };
  if (head === null) return { ...facts, fault: chain.fault };
  if (!manifest.contains(head)) return { ...facts, fault: chain.fault ?? 'it is not of this log' };
  const frontier = new Frontier();
  try {
    for await (const { type, bytes: record } of chainEntries(place, chain))
      if (type === 'record') frontier.append(leafHash(record));
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    return { ...facts, fault: chain.fault ?? error.message };
  }
  const same = frontier.root().equals(head.root);
  return { ...facts, fault: chain.fault ?? (same ? null : 'its records are not those that were signed') };
}
