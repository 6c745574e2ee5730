/** Which segments of a journal count, up to where, and which are refused (FORMAT.md, "Journal"). */

import type { AppendHead } from './entries.js';
import { beginsBehind, type JournalEnd } from './epoch.js';
import type { Scanned, ScannedSegment } from './scan.js';
import { noTag } from './segment-head.js';

/** A segment, and how many of its frames belong to what counts. */
export interface CountedSegment {
  readonly number: number;
  readonly frames: number;
}

export interface RefusedSegment {
  readonly number: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Bytes of it that count all the same. */
  readonly counted: number;
}

export interface Judgement {
  readonly counted: readonly CountedSegment[];
  /** Where what counts ends; null where nothing does. */
  readonly end: JournalEnd | null;
  /** What neither a crash nor this software leaves. */
  readonly refused: readonly RefusedSegment[];
  /** Numbers of segments with nothing that counts. */
  readonly gone: readonly number[];
}

/** Segments of which each but the first is bound to the end of the one before. */
interface Run {
  readonly segments: readonly ScannedSegment[];
  /** Frames of each that are in front of the next one. */
  readonly frames: readonly number[];
  /** The head of the manifest names its end, and it was judged before. */
  readonly closed: boolean;
}

/** @param epoch that the newest tree head names */
export function judge(scanned: readonly Scanned[], epoch: Buffer): Judgement {
  const segments = scanned.filter((each) => each.kind === 'segment');
  const runs = runsOf(segments).map((run) => ({ run, named: namedPart(run, epoch) }));
  const at = runs.findLastIndex(({ named }) => named !== null && isWhole(named));
  const counted = runs[at]?.named ?? null;
  const others = new Set(segments);
  const later = new Set(runs.slice(at + 1).flatMap(({ named }) => named?.segments ?? []));
  for (const segment of counted?.segments ?? []) others.delete(segment);
  const known = new Set(runs.flatMap(({ named }) => named?.segments ?? []));
  const refused = new Map<number, RefusedSegment>();
  const gone: number[] = [];
  for (const segment of others) {
    const { number, bytes } = segment;
    const tells = segment.frames.some((frame) => frame.tells);
    const said = tells || segment.tail === 'more';
    if (!said && (known.has(segment) || segment.frames.length === 0)) gone.push(number);
    else refused.set(number, { number, bytes, counted: 0 });
  }
  for (const each of scanned) {
    const { kind, number } = each;
    if (kind === 'blank') gone.push(number);
    else if (kind !== 'segment') refused.set(number, { number, bytes: each.bytes, counted: 0 });
  }
  const broken = [...later].some(({ number }) => refused.has(number));
  for (const number of counted === null ? [] : damagedIn(counted, broken)) {
    const { bytes, whole } = segments.find((segment) => segment.number === number) ?? noBytes;
    refused.set(number, { number, bytes, counted: whole });
  }
  return {
    counted: (counted?.segments ?? []).map(({ number }, i) => ({ number, frames: counted?.frames[i] ?? 0 })),
    end: counted === null ? null : endOf(counted),
    refused: [...refused.values()].sort((a, b) => a.number - b.number),
    gone: gone.sort((a, b) => a - b),
  };
}

const noBytes = { bytes: 0, whole: 0 };

function runsOf(segments: readonly ScannedSegment[]): Run[] {
  const runs: { readonly segments: ScannedSegment[]; readonly frames: number[]; readonly closed: false }[] =
    [];
  for (const segment of segments) {
    const run = runs.at(-1);
    const last = run?.segments.at(-1);
    const joint = last === undefined ? null : framesBefore(last, segment.head.before);
    if (run === undefined || joint === null) {
      runs.push({ segments: [segment], frames: [segment.frames.length], closed: false });
      continue;
    }
    run.frames[run.frames.length - 1] = joint;
    run.segments.push(segment);
    run.frames.push(segment.frames.length);
  }
  return runs;
}

/** Frames of a segment up to the one with this tag, which the next segment is bound to; null: it is bound to none of them. */
function framesBefore({ head, frames }: ScannedSegment, tag: Buffer): number | null {
  if (tag.equals(noTag)) return null;
  const at = frames.findIndex((frame) => frame.tag.equals(tag));
  if (at >= 0) return at + 1;
  return head.before.equals(tag) ? 0 : null;
}

/** What of a run the head of the manifest names: up to the last segment of its epoch, or to the end that it began behind. */
function namedPart(run: Run, epoch: Buffer): Run | null {
  const last = run.segments.findLastIndex(({ head }) => head.epoch.equals(epoch));
  if (last >= 0) return upTo(run, last, run.frames[last] ?? 0, false);
  for (const [at, { head, number, frames }] of run.segments.entries()) {
    for (let count = 0; count <= (run.frames[at] ?? 0); count++) {
      const tag = count === 0 ? head.before : (frames[count - 1]?.tag ?? noTag);
      if (beginsBehind(epoch, { epoch: head.epoch, number, tag })) return upTo(run, at, count, true);
    }
  }
  return null;
}

function upTo({ segments, frames }: Run, last: number, count: number, closed: boolean): Run {
  return {
    segments: segments.slice(0, last + 1),
    frames: [...frames.slice(0, last), count],
    closed,
  };
}

/** Whether nothing is missing before what counts in it. */
function isWhole(run: Run): boolean {
  const [first] = run.segments;
  if (first === undefined || first.head.before.equals(noTag)) return true;
  const newest = lastAppend(run);
  return newest !== null && first.number <= newest.oldest;
}

/** The last append that has all its entries. */
function lastAppend({ segments, frames }: Run): AppendHead | null {
  let found: AppendHead | null = null;
  let open: AppendHead | null = null;
  let left = 0;
  for (const [at, segment] of segments.entries()) {
    for (const item of segment.frames.slice(0, frames[at]).flatMap(({ items }) => items)) {
      if (typeof item !== 'number') {
        open = item;
        left = item.count;
      } else left -= item;
      if (left === 0) found = open;
    }
  }
  return found;
}

/** Segments that count, with more behind it than a crash leaves. @param broken what came next is refused */
function damagedIn({ segments, frames, closed }: Run, broken: boolean): number[] {
  return segments.flatMap((segment, at) => {
    const last = at === segments.length - 1;
    const more = (frames[at] ?? 0) < segment.frames.length;
    const behind = last && !closed && (segment.tail === 'more' || (broken && segment.tail !== 'clean'));
    return more || behind ? [segment.number] : [];
  });
}

function endOf({ segments, frames }: Run): JournalEnd | null {
  const last = segments.at(-1);
  if (last === undefined) return null;
  const count = frames.at(-1) ?? 0;
  const tag = count === 0 ? last.head.before : (last.frames[count - 1]?.tag ?? noTag);
  return { epoch: last.head.epoch, number: last.number, tag };
}
