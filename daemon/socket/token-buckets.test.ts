import { expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.js';

it('lets a burst through, then what comes in by the second, for each user alone', () => {
  let now = 0;
  const buckets = new TokenBuckets({ burst: 10, perSecond: 2 }, () => now);
  const taken = (uid: number): number =>
    Array.from({ length: 20 }, () => buckets.take(uid)).filter(Boolean).length;
  expect(taken(1)).toBe(10);
  expect(taken(2)).toBe(10);
  now += 1_500;
  expect(taken(1)).toBe(3);
  now += 3_600_000;
  expect(taken(1)).toBe(10);
});

it('users who come and go leave nothing behind that counts', () => {
  let now = 0;
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 }, () => now);
  for (let uid = 0; uid < 5000; uid++) {
    now += 1;
    expect(buckets.take(uid)).toBe(true);
  }
  expect(buckets.take(4999)).toBe(false);
});
