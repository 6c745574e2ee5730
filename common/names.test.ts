import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesToText, textToBytes } from './names.js';

/** With byte order marks, which decoders like to drop at the start. */
const marked = fc
  .array(fc.constantFrom([0xef, 0xbb, 0xbf], [0x61], [0xff]), { maxLength: 4 })
  .map((parts) => Uint8Array.from(parts.flat()));

it('every byte string has a text form that maps back, also through JSON', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), marked), (bytes) => {
      const text = bytesToText(bytes);
      expect(Buffer.compare(textToBytes(text), bytes)).toBe(0);
      expect(Buffer.compare(textToBytes(JSON.parse(JSON.stringify(text)) as string), bytes)).toBe(0);
    }),
  );
});

it('names that are UTF-8 are themselves', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      expect(bytesToText(Buffer.from(name))).toBe(name);
    }),
  );
});

it('bytes that are not UTF-8 become surrogates U+DC80 to U+DCFF', () => {
  expect(bytesToText(Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x80]))).toBe('a\udcff\udcc3(\udc80');
});
