import { expect, test } from 'vitest';
import { isTooLong } from './tail.js';

test.each([
  [0, false],
  [49_999, false],
  [50_000, true],
])('a tail of %i records is too long: %s', (tail, long) => {
  expect(isTooLong(tail)).toBe(long);
});
