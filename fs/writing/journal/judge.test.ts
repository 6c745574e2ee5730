import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newEpoch } from './epoch.js';
import { judge } from './judge.js';
import type { ScannedFrame, ScannedSegment } from './scan.js';
import { newSegmentHead, noTag } from './segment-head.js';

const epoch = newEpoch(null);
const tagOf = (name: string): Buffer => createHash('sha256').update(name).digest().subarray(0, 16);

interface Wanted {
  readonly before?: string;
  readonly of?: Buffer;
  readonly tail?: ScannedSegment['tail'];
  readonly tells?: boolean;
}

/** A segment of appends of one frame each: "a:2" is the frame a, whose append says that segment 2 is the oldest that counts. */
function segment(
  number: number,
  text: string,
  { before, of = epoch, tail = 'clean', tells = true }: Wanted = {},
): ScannedSegment {
  const frames: ScannedFrame[] = text
    .split(' ')
    .filter(Boolean)
    .map((word) => {
      const [name = '', oldest] = word.split(':');
      const items = [
        { type: 'append', number: 1, count: 1, oldest: Number(oldest ?? 1), next: 9 } as const,
        1,
      ];
      return { tag: tagOf(name), items, tells };
    });
  const head = newSegmentHead(number, of, before === undefined ? noTag : tagOf(before));
  return { kind: 'segment', number, head, frames, tail, bytes: 1000, whole: 10 * frames.length };
}

function told(...segments: Parameters<typeof judge>[0]): {
  counted: string;
  refused: number[];
  gone: readonly number[];
} {
  const { counted, refused, gone } = judge(segments, epoch);
  return {
    counted: counted.map(({ number, frames }) => `${number}:${frames}`).join(' '),
    refused: refused.map(({ number }) => number),
    gone,
  };
}

describe('of the segments of a journal', () => {
  it('all count that are bound to each other and of the epoch that the head names', () => {
    const found = told(segment(1, 'a b'), segment(2, 'c', { before: 'b' }), segment(3, 'd', { before: 'c' }));
    expect(found).toEqual({ counted: '1:2 2:1 3:1', refused: [], gone: [] });
  });
  it('none of another epoch does, and it is kept', () => {
    expect(told(segment(1, 'a', { of: newEpoch(null) }))).toEqual({ counted: '', refused: [1], gone: [] });
    const behind = segment(2, 'b', { before: 'a', of: newEpoch(null) });
    expect(told(segment(1, 'a'), behind)).toEqual({ counted: '1:1', refused: [2], gone: [] });
  });
  it('none does behind one that is missing', () => {
    expect(told(segment(1, 'a'), segment(3, 'c', { before: 'b' }))).toEqual({
      counted: '1:1',
      refused: [3],
      gone: [],
    });
  });
  it('none does whose beginning is missing', () => {
    expect(told(segment(2, 'b', { before: 'a' }))).toEqual({ counted: '', refused: [2], gone: [] });
  });
  it('those do whose beginning was given back', () => {
    const found = told(segment(3, 'c:1 d:3', { before: 'b' }), segment(4, 'e:3', { before: 'd' }));
    expect(found).toEqual({ counted: '3:2 4:1', refused: [], gone: [] });
  });
  it('what says nothing any more goes, wherever it was interrupted', () => {
    expect(told(segment(2, 'b', { before: 'a', tells: false }))).toEqual({
      counted: '',
      refused: [],
      gone: [2],
    });
    expect(told({ kind: 'blank', number: 4 })).toEqual({ counted: '', refused: [], gone: [4] });
  });
  it('what a crash leaves at the end is no fault, more than that is', () => {
    expect(told(segment(1, 'a', { tail: 'torn' }))).toEqual({ counted: '1:1', refused: [], gone: [] });
    expect(told(segment(1, 'a', { tail: 'more' }))).toEqual({ counted: '1:1', refused: [1], gone: [] });
    const next = segment(2, 'c', { before: 'b' });
    expect(told(segment(1, 'a', { tail: 'torn' }), next)).toEqual({
      counted: '1:1',
      refused: [1, 2],
      gone: [],
    });
  });
  it('one that begins anew makes what was before it of no account', () => {
    const found = told(segment(1, 'a', { tells: false }), segment(2, 'b:2'));
    expect(found).toEqual({ counted: '2:1', refused: [], gone: [1] });
  });
  it('one that is none is kept', () => {
    expect(told({ kind: 'strange', number: 7, bytes: 5 })).toEqual({ counted: '', refused: [7], gone: [] });
  });

  describe('after a recovery', () => {
    const former = newEpoch(null);
    const first = segment(1, 'a b', { of: former, tail: 'more' });
    const end = { epoch: former, number: 1, tag: tagOf('b') };

    it('those before count up to the end that the epoch began behind, and what is behind that was judged', () => {
      const { counted, refused } = judge([first], newEpoch(end));
      expect({ counted, refused }).toEqual({ counted: [{ number: 1, frames: 2 }], refused: [] });
      const longer = segment(1, 'a b c', { of: former });
      expect(judge([longer], newEpoch(end)).counted).toEqual([{ number: 1, frames: 2 }]);
      expect(judge([longer], newEpoch(end)).refused).toHaveLength(1);
      expect(judge([segment(1, 'a', { of: former })], newEpoch(end)).counted).toEqual([]);
    });
    it('what was appended then goes on where they end', () => {
      const behind = newEpoch(end);
      const next = segment(2, 'c', { before: 'b', of: behind });
      expect(judge([first, next], behind).counted).toEqual([
        { number: 1, frames: 2 },
        { number: 2, frames: 1 },
      ]);
      const longer = segment(1, 'a b x', { of: former });
      expect(judge([longer, next], behind)).toMatchObject({
        refused: [{ number: 1 }],
        counted: [{ frames: 2 }, { frames: 1 }],
      });
    });
    it('no two epochs are alike', () => {
      expect(newEpoch(end).equals(newEpoch(end))).toBe(false);
    });
  });
});
