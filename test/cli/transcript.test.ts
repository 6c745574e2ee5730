import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { matches } from './transcript.js';

test('every transcript lies in a folder that runs it', () => {
  const transcripts = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.txt'))
    .map(({ parentPath, name }) => ({ parentPath, name }));
  const left = transcripts.filter(({ parentPath }) => !existsSync(join(parentPath, 'transcripts.test.ts')));
  expect(left).toEqual([]);
  expect(transcripts.length).toBeGreaterThan(16);
});

describe('the language of transcripts', () => {
  test('… is any text in a line, any lines alone', () => {
    expect(matches(['a … c'], ['a b c'])).toBe(true);
    expect(matches(['a', '…', 'z'], ['a', 'b', 'c', 'z'])).toBe(true);
    expect(matches(['a', '…'], ['a'])).toBe(true);
    expect(matches(['a', '…', 'z'], ['a', 'b'])).toBe(false);
    expect(matches(['a.c'], ['abc'])).toBe(false);
    expect(matches([], ['a'])).toBe(false);
  });
});
