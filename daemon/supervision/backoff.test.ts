import { expect, it } from 'vitest';
import { Backoff } from './backoff.js';

const minute = 60_000;

it('doubles from 1 s to 60 s', () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 9 }, () => backoff.delay(0) / 1000);
  expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

it('begins again after five quiet minutes, not before', () => {
  const backoff = new Backoff();
  backoff.delay(0);
  backoff.started(0);
  expect(backoff.delay(5 * minute - 1)).toBe(2_000);
  backoff.started(10 * minute);
  expect(backoff.delay(15 * minute)).toBe(1_000);
});

it('takes no time without a run for quiet', () => {
  const backoff = new Backoff();
  backoff.started(0);
  backoff.delay(minute);
  expect(backoff.delay(60 * minute)).toBe(2_000);
});
