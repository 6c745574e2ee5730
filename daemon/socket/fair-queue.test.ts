import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('serves users in turns, whoever asked for more', async () => {
  const queue = new FairQueue({ running: 1, runningPerUser: 1 });
  const served: number[] = [];
  const ask = (uid: number) =>
    queue.run(uid, async () => {
      served.push(uid);
      await turn();
    });
  await Promise.all([1, 1, 1, 1, 1, 2, 2, 3].map(ask));
  expect(served).toEqual([1, 1, 2, 3, 1, 2, 1, 1]);
});

it('gives outcomes, errors too, and goes on after them', async () => {
  const queue = new FairQueue({ running: 1, runningPerUser: 1 });
  await expect(queue.run(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await queue.run(1, async () => 'yes')).toBe('yes');
});

it('a user with all of his places taken leaves the rest to others', async () => {
  const queue = new FairQueue({ running: 3, runningPerUser: 2 });
  let end = (): void => undefined;
  const hanging = new Promise<void>((resolve) => {
    end = resolve;
  });
  const slow = Array.from({ length: 10 }, () => queue.run(1, () => hanging));
  expect(await queue.run(2, async () => 'served')).toBe('served');
  end();
  await Promise.all(slow);
});

it('runs all of it, never more at once than its limits, whatever is asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 60 }), async (users) => {
      const queue = new FairQueue({ running: 5, runningPerUser: 2 });
      const running = new Map<number, number>();
      let done = 0;
      await Promise.all(
        users.map((uid) =>
          queue.run(uid, async () => {
            running.set(uid, (running.get(uid) ?? 0) + 1);
            expect(running.get(uid)).toBeLessThanOrEqual(2);
            expect([...running.values()].reduce((sum, some) => sum + some, 0)).toBeLessThanOrEqual(5);
            await turn();
            running.set(uid, (running.get(uid) ?? 0) - 1);
            done += 1;
          }),
        ),
      );
      expect(done).toBe(users.length);
    }),
    { numRuns: 30 },
  );
});
