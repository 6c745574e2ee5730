import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesToText } from '../../common/names.js';
import { escapeForTerminal, jsonText } from './escape.js';

test('control characters, bidirectional marks and foreign bytes are written out', () => {
  expect(escapeForTerminal('a\u001b[2J\n\tb')).toBe('a\\x1b[2J\\n\\tb');
  expect(escapeForTerminal('x\u202eexe.txt')).toBe('x\\u{202e}exe.txt');
  expect(escapeForTerminal(bytesToText(Buffer.from([0x66, 0xff, 0x9b])))).toBe('f\\xff\\x9b');
  expect(escapeForTerminal('\u009b31m')).toBe('\\x9b31m');
});

test('names that harm nothing stay as they are', () => {
  expect(escapeForTerminal('Überblick 2024 (draft) – 写真 🦊.pdf')).toBe(
    'Überblick 2024 (draft) – 写真 🦊.pdf',
  );
});

test('whatever the bytes, nothing of it is a control character', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      expect(escapeForTerminal(bytesToText(bytes))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});

test('JSON keeps its value and holds no control character either', () => {
  for (const text of ['\u009b31m', '\u202etxt.exe', '\u007f', bytesToText(Buffer.from([0x66, 0xff]))]) {
    expect(JSON.parse(jsonText({ text }))).toEqual({ text });
    expect(jsonText({ text })).toMatch(/^[\x20-\x7e]*$/);
  }
});
