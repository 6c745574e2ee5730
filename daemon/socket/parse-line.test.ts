import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseLine } from './parse-line.js';

const parsed = (text: string): unknown => parseLine(Buffer.from(text));

it('takes every JSON value with keys of its own', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 7), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(parsed(text)).toEqual(JSON.parse(text));
    }),
  );
  expect(parsed('{"a":"b\\":","c\\\\":"\\"x\\":1"}')).toEqual({ a: 'b":', 'c\\': '"x":1' });
});

it('refuses a key that stands there twice, in whatever writing and depth', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"b":[{"c":0 , "c" :1}]}]',
    '{"__proto__":1,"__proto__":2}',
  ]) {
    expect(parsed(text)).toBeUndefined();
  }
  expect(parsed('[{"a":1},{"a":1}]')).toEqual([{ a: 1 }, { a: 1 }]);
  expect(Object.keys(parsed('{"__proto__":1}') as object)).toEqual(['__proto__']);
});

it('refuses what is no JSON in UTF-8', () => {
  for (const text of ['', '{', '\ufeff{}', '{"a":1}x', "{'a':1}", 'NaN'])
    expect(parsed(text)).toBeUndefined();
  expect(parseLine(Buffer.from([0x22, 0xc0, 0x80, 0x22]))).toBeUndefined();
});
