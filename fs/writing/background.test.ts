import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Background } from './background.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells that sealing has failed, and tries it again until it has not', async () => {
  const failed = new Error('the disk is gone');
  const told: unknown[] = [];
  let runs = 0;
  const seal = async (): Promise<boolean> => {
    runs += 1;
    if (runs < 3) throw failed;
    return false;
  };
  new Background(seal, (error) => told.push(error)).soon();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([failed, failed, null]);
});
