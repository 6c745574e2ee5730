import { describe, expect, it } from 'vitest';
import { countingEntries, wholeAppends } from './appends.js';
import type { AppendHead, Entry } from './entries.js';

/** "2:3" is the head of append 2 with three entries, a letter an entry. */
function segment(text: string): (Entry | AppendHead)[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word) => {
      const [number, count] = word.split(':');
      if (count !== undefined)
        return { type: 'append', number: Number(number), count: Number(count), oldest: 1, next: 0 };
      return { type: 'mutation', number: word.charCodeAt(0), record: Buffer.alloc(0) };
    });
}

function counting(...texts: string[]): string {
  const segments = texts.map(segment);
  const entries = countingEntries(segments, wholeAppends(segments));
  return Array.from(entries, (entry) => ('number' in entry ? String.fromCharCode(entry.number) : '')).join(
    '',
  );
}

describe('of a journal', () => {
  it('whole appends count, over the ends of segments', () => {
    expect(counting('1:2 a b 2:1 c 3:3 d', 'e f 4:1 g')).toBe('abcdefg');
  });
  it('an append that lacks its end does not count', () => {
    expect(counting('1:1 a 2:3 b c')).toBe('a');
  });
  it('nothing counts behind what is lost', () => {
    expect(counting('1:1 a 2:3 b', '3:1 c')).toBe('a');
    expect(counting('1:1 a', '3:1 c 4:1 d')).toBe('a');
    expect(counting('', '3:1 c 4:1 d')).toBe('');
    expect(counting('1:1 a 2:3 b', 'd 3:1 c')).toBe('a');
  });
  it('the oldest segment may begin anywhere', () => {
    expect(counting('x y 5:1 a 6:1 b')).toBe('ab');
    expect(counting('x y', 'z 5:1 a 6:1 b')).toBe('ab');
  });
  it('what begins anew counts, whatever was lost before', () => {
    expect(counting('1:1 a 2:3 b', '1:1 c 2:1 d')).toBe('acd');
    expect(counting('', '1:1 c 2:1 d')).toBe('cd');
  });
});
