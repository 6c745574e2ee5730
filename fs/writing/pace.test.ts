import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Pace } from './pace.js';

/** Steps that are under way and end when they are told to. */
class Steps {
  readonly running: (() => void)[] = [];

  begin(pace: Pace): Promise<void> {
    return pace.during(() => new Promise((resolve) => this.running.push(resolve)));
  }

  async end(): Promise<void> {
    this.running.shift()?.();
    await turn();
  }
}

it('runs one step after another while it is slow, and all at once again after that', async () => {
  let slow = true;
  const pace = new Pace(() => slow);
  const steps = new Steps();
  const all = Array.from({ length: 5 }, () => steps.begin(pace));
  await turn();
  expect(steps.running.length).toBe(1);
  await steps.end();
  expect(steps.running.length).toBe(1);
  slow = false;
  await steps.end();
  expect(steps.running.length).toBe(3);
  for (let left = 3; left > 0; left--) await steps.end();
  await Promise.all(all);
});

it('goes on behind a step that fails', async () => {
  const pace = new Pace(() => true);
  const failed = pace.during(() => Promise.reject(new Error('no')));
  const next = pace.during(() => Promise.resolve(1));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe(1);
});
