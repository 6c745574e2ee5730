import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CubeLock } from './cube-lock.js';

/** Whether a promise has settled by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(
    () => {
      done = true;
    },
    () => {
      done = true;
    },
  );
  await setImmediate();
  return done;
}

describe('the cube lock', () => {
  it('lets any number share it, and nobody beside the exclusive holder', async () => {
    const lock = new CubeLock();
    const [first, second] = [await lock.shared(), await lock.shared()];
    expect(lock.idle).toBe(false);
    const exclusive = lock.exclusive();
    expect(lock.contended).toBe(true);
    first();
    first();
    expect(await settled(exclusive)).toBe(false);
    second();
    const release = await exclusive;
    expect([lock.idle, lock.contended]).toEqual([true, false]);
    const [later, another] = [lock.shared(), lock.exclusive()];
    expect(await settled(later)).toBe(false);
    release();
    const shared = await later;
    expect(await settled(another)).toBe(false);
    shared();
    (await another)();
  });

  it('serves in order: a shared hold that comes after an exclusive wish waits for it', async () => {
    const lock = new CubeLock();
    const first = await lock.shared();
    const exclusive = lock.exclusive();
    const late = lock.shared();
    expect(await settled(late)).toBe(false);
    first();
    const release = await exclusive;
    expect(await settled(late)).toBe(false);
    release();
    (await late)();
  });

  it('keeps nobody out for a holder that does not end', async () => {
    const lock = new CubeLock();
    const stuck = await lock.shared();
    const exclusive = lock.exclusive(0.01);
    const behind = lock.shared();
    await expect(exclusive).rejects.toMatchObject({ code: 'TIMEOUT' });
    (await behind)();
    stuck();
    (await lock.exclusive())();
  });

  it('never has an exclusive holder beside another, whatever the order, and ends for all', async () => {
    const wishes = fc.array(fc.record({ exclusive: fc.boolean(), turns: fc.nat(3) }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(wishes, async (all) => {
        const lock = new CubeLock();
        const inside = { shared: 0, exclusive: 0 };
        const run = async ({ exclusive, turns }: { exclusive: boolean; turns: number }): Promise<void> => {
          const release = await (exclusive ? lock.exclusive() : lock.shared());
          inside[exclusive ? 'exclusive' : 'shared'] += 1;
          expect(inside.exclusive).toBeLessThanOrEqual(inside.shared > 0 ? 0 : 1);
          for (let i = 0; i < turns; i++) await setImmediate();
          inside[exclusive ? 'exclusive' : 'shared'] -= 1;
          release();
        };
        await Promise.all(all.map(run));
        expect([lock.idle, lock.contended]).toEqual([true, false]);
      }),
      { numRuns: 50 },
    );
  });
});
