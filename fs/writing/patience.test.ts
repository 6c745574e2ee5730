import { expect, it } from 'vitest';
import { Patience } from './patience.js';

const MiB = 1024 * 1024;

it('does not wait where nobody syncs', () => {
  const patience = new Patience();
  expect(patience.mayWait(0, 0)).toBe(false);
  patience.synced(1_000);
  expect(patience.mayWait(2_001, 0)).toBe(false);
});

it('waits for who syncs again and again, but not for ever', () => {
  const patience = new Patience();
  const waited: number[] = [];
  for (let now = 0; now <= 70_000; now += 5_000) {
    patience.synced(now);
    if (!patience.mayWait(now, 0)) waited.push(now);
  }
  expect(waited).toEqual([30_000, 65_000]);
});

it('does not wait with much in memory', () => {
  const patience = new Patience();
  patience.synced(0);
  expect(patience.mayWait(0, 24 * MiB)).toBe(true);
  expect(patience.mayWait(0, 24 * MiB + 1)).toBe(false);
});
