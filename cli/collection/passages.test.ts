import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passagesOf } from './passages.js';

type Charset = 'utf-8' | 'iso-8859-1';

const decoded = (bytes: Buffer, charset: Charset) => bytes.toString(charset === 'utf-8' ? 'utf8' : 'latin1');

/** Texts as they are: words, blanks, long lines, empty lines of both systems. */
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }) },
  { weight: 4, arbitrary: fc.constantFrom(' ', '\n', '\n\n', '\r\n\r\n', ' \n\t\n', '\f\n') },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(3_000), 'ü€😀'.repeat(600), 'one two '.repeat(300)) },
);
const texts = fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join('')));

test.each<Charset>(['utf-8', 'iso-8859-1'])('%s: a passage is the bytes that it names', (charset) => {
  fc.assert(
    fc.property(texts, (bytes) => {
      let last = 0;
      let between = '';
      for (const { from, to, text } of passagesOf({ bytes, charset })) {
        expect(text).toBe(decoded(bytes.subarray(from, to), charset));
        expect(from).toBeGreaterThanOrEqual(last);
        expect(to).toBeGreaterThan(from);
        expect(to - from).toBeLessThanOrEqual(1_200);
        between += bytes.toString('latin1', last, from);
        last = to;
      }
      between += bytes.toString('latin1', last);
      expect(between).toMatch(/^[\t-\r ]*$/);
    }),
    { numRuns: 300 },
  );
});

test('characters stay whole', () => {
  const bytes = Buffer.from('😀'.repeat(2_000));
  const passages = passagesOf({ bytes, charset: 'utf-8' });
  expect(passages.length).toBeGreaterThan(5);
  expect(passages.every(({ text }) => /^(😀)+$/u.test(text))).toBe(true);
});

test('a passage ends with a paragraph where one ends soon enough, else with a line, else with a word', () => {
  const paragraph = `${'A line of a paragraph.\n'.repeat(12)}\n`;
  const paragraphs = passagesOf({ bytes: Buffer.from(paragraph.repeat(6)), charset: 'utf-8' });
  expect(paragraphs.map(({ text }) => text)).toEqual(Array(3).fill(paragraph.repeat(2).trim()));

  const lines = passagesOf({
    bytes: Buffer.from('One line and no paragraph.\n'.repeat(100)),
    charset: 'utf-8',
  });
  expect(lines.every(({ text }) => text.endsWith('paragraph.'))).toBe(true);

  const words = passagesOf({ bytes: Buffer.from('word '.repeat(1_000)), charset: 'utf-8' });
  expect(words.every(({ text }) => text.endsWith('word'))).toBe(true);
});

test('nothing has no passage', () => {
  for (const text of ['', ' ', '\n\n\n', '\t \r\n'])
    expect(passagesOf({ bytes: Buffer.from(text), charset: 'utf-8' })).toEqual([]);
});
