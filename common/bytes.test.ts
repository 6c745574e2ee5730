import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter, MalformedBytes } from './bytes.js';

const counts = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1));

test('a count is the 64 bits that a bigint of it is, and is read back', () => {
  fc.assert(
    fc.property(counts, (value) => {
      const bytes = new ByteWriter().u64(value).done();
      expect(bytes).toEqual(new ByteWriter().u64n(BigInt(value)).done());
      expect(new ByteReader(bytes).u64()).toBe(value);
    }),
  );
});

test('no count is written that would not be read back', () => {
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => new ByteWriter().u64(value)).toThrow(RangeError);
});

test('a number beyond 2^53−1 is no count', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }), (value) => {
      const bytes = new ByteWriter().u64n(value).done();
      expect(() => new ByteReader(bytes).u64()).toThrow(MalformedBytes);
    }),
  );
});

test('a copy stays as it is when what was read changes, and does not pass the end', () => {
  const source = Buffer.from([1, 2, 3]);
  const input = new ByteReader(source);
  const copy = input.copy(2);
  source.fill(9);
  expect(copy).toEqual(Buffer.from([1, 2]));
  expect(() => input.copy(2)).toThrow(MalformedBytes);
});
