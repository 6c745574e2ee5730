import { expect, test } from 'vitest';
import { isTooLong } from './tail.js';

test.each([
  [29_999, 29_999, false],
  [30_000, 30_000, true],
  [33_000, 120_000, false],
  [40_000, 120_000, true],
  [49_999, 10_000_000, false],
  [50_000, 10_000_000, true],
])('a tail of %i records in a log of %i is too long: %s', (tail, size, long) => {
  expect(isTooLong(tail, size)).toBe(long);
});
