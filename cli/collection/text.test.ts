import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { largestText, textOf } from './text.js';

const german = 'Größe, nicht Große.\n';

test('UTF-8, and what can only be ISO-8859-1', () => {
  const utf8 = Buffer.from(german);
  expect(textOf(utf8)).toEqual({ bytes: utf8, encoding: 'plain', charset: 'utf-8' });
  const latin1 = Buffer.from(german, 'latin1');
  expect(textOf(latin1)).toEqual({ bytes: latin1, encoding: 'plain', charset: 'iso-8859-1' });
});

test('gzip is unpacked, of either charset', () => {
  for (const encoding of ['utf8', 'latin1'] as const) {
    const bytes = Buffer.from(german, encoding);
    expect(textOf(gzipSync(bytes))).toMatchObject({ bytes, encoding: 'gzip' });
  }
});

test.each([
  ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0])],
  ['a zero byte', Buffer.from('some text\0and more')],
  ['control characters', Buffer.from('some\x01text')],
  ['the second row of control characters', Buffer.from([0x41, 0x80, 0x9f, 0x42])],
  ['a program, packed', gzipSync(Buffer.from([0, 1, 2, 3]))],
  ['gzip that is damaged', gzipSync(Buffer.from(german)).subarray(0, 25)],
  ['a bomb', gzipSync(Buffer.alloc(largestText + 1, 'a'))],
])('%s is no text', (_, content) => {
  expect(textOf(content)).toBeNull();
});

test('a page with overstruck letters and colours is one', () => {
  expect(textOf(Buffer.from('N\bNA\bAM\bME\bE\n\f\x1b[1mbold\x1b[0m\n'))).not.toBeNull();
});
