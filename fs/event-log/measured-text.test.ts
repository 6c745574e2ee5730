import { expect, test } from 'vitest';
import { measuredText, wideText } from './measured-text.js';

test('a text is cut between characters, never in the middle of one', () => {
  const long = `a${'\u{1f4be}'.repeat(150)}`;
  const cut = `a${'\u{1f4be}'.repeat(99)}…`;
  expect(measuredText(Buffer.from(long))).toBe(cut);
  expect(wideText(Buffer.from(long, 'utf16le'))).toBe(cut);
});

test('nothing of it is for a terminal', () => {
  expect(measuredText(Buffer.from('a\x1b[2J\u202eb\nc\0d'))).toBe('a?[2J?b c');
  expect(wideText(Buffer.from('6100d8d8', 'hex'))).toBe('a?');
});
