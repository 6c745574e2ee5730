/** Which segments count together, and the log that they hold (FORMAT.md, "Copy of the log"). */
import { closeSync } from 'node:fs';
import { MalformedBytes } from '../../common/bytes.js';
import type { Keyring } from '../../native/index.js';
import type { TreeHead } from '../manifest/head.js';
import { entriesOf, lastHead } from './entries.js';
import { type LogFolder, segmentFile } from './folder.js';
import { type CopySigner, type ScannedSegment, scanSegment } from './scan.js';

/** A segment with at least one whole group. */
export interface CopySegment {
  readonly number: number;
  readonly scanned: ScannedSegment;
  /** The tree head at its end. */
  readonly end: TreeHead;
}

export interface CopyChain {
  /** In the order of the log, each up to where the next one begins. */
  readonly segments: readonly CopySegment[];
  /** What the copy leads to; null: nothing of the log is there. */
  readonly head: TreeHead | null;
  /** What is wrong with it, in words; null: nothing. */
  readonly fault: string | null;
}

/** What a copy is read with. */
export interface CopyPlace {
  readonly folder: LogFolder;
  readonly keyring: Keyring;
  readonly signer: CopySigner;
}

/** Looks at all segments. @throws SherinError DISK_READ */
export async function readChain(place: CopyPlace): Promise<CopyChain> {
  const counting: CopySegment[] = [];
  let fault: string | null = null;
  for (const number of place.folder.numbers()) {
    const segment = await openSegment(place, number);
    if (typeof segment === 'string') {
      fault ??= `${segmentFile(number)}: ${segment}`;
      continue;
    }
    // A later segment stands in the place of all that begin where it does, or behind.
    const { first } = segment.scanned.head;
    while ((counting.at(-1)?.scanned.head.first ?? -1) >= first) counting.pop();
    counting.push(segment);
  }
  const segments: CopySegment[] = [];
  for (const segment of counting) {
    const from = segments.at(-1)?.end.size ?? 0;
    const { first } = segment.scanned.head;
    if (first > from) {
      fault ??= `records ${from} to ${first - 1} are lost in it`;
      break;
    }
    segments.push(segment);
  }
  return { segments, head: segments.at(-1)?.end ?? null, fault };
}

/** @returns what is wrong with it, where it does not count. @throws SherinError DISK_READ */
export async function openSegment(
  { folder, keyring, signer }: CopyPlace,
  number: number,
): Promise<CopySegment | string> {
  const fd = folder.open(number);
  if (fd === null) return 'it is no file';
  try {
    const scanned = await scanSegment(fd, number, signer);
    if (scanned === null) return 'it is no segment';
    return { number, scanned, end: await lastHead(fd, scanned, keyring, signer) };
  } catch (error) {
    if (error instanceof MalformedBytes) return error.message;
    throw error;
  } finally {
    closeSync(fd);
  }
}

export type ChainEntry = { readonly type: 'record' | 'node'; readonly bytes: Buffer };

/** All records of the log, each once, in order, and index nodes among them. @throws MalformedBytes, SherinError DISK_READ */
export async function* chainEntries(
  { folder, keyring, signer }: CopyPlace,
  { segments }: CopyChain,
): AsyncGenerator<ChainEntry> {
  for (const [at, { number, scanned, end }] of segments.entries()) {
    const to = segments[at + 1]?.scanned.head.first ?? end.size;
    const fd = folder.open(number);
    if (fd === null) throw new MalformedBytes(`${segmentFile(number)} is gone`);
    try {
      let next = scanned.head.first;
      for await (const entry of entriesOf(fd, scanned, keyring, signer)) {
        if (entry.type === 'node') yield entry;
        if (entry.type === 'record' && next++ < to) yield entry;
      }
      if (next < to) throw new MalformedBytes(`${segmentFile(number)} ends at record ${next}`);
    } finally {
      closeSync(fd);
    }
  }
}
