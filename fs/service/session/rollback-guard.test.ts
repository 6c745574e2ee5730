import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TreeHead } from '../../manifest/head.js';
import type { Manifest } from '../../manifest/manifest.js';
import { RollbackGuard } from './rollback-guard.js';

/** Records the order of what reaches disk, TPM and the pinned list. */
function stage(options: { failIncrements?: number; failHeads?: number; failPins?: number } = {}) {
  const events: string[] = [];
  let counter = 7n;
  let fail = options.failIncrements ?? 0;
  let failHeads = options.failHeads ?? 0;
  let failPins = options.failPins ?? 0;
  const guard: RollbackGuard = new RollbackGuard(
    {
      async increment(from) {
        if (fail-- > 0) throw new Error('the TPM is gone');
        expect(from).toBe(counter);
        counter += 1n;
        events.push(`count ${counter}`);
        return counter;
      },
    },
    counter,
    async () => {
      if (events.length > 0 && failPins-- > 0) throw new Error('no space for the pin');
      events.push('pin');
    },
  );
  const resign = (): void => {
    if (failHeads-- > 0) throw new Error('the disk is full');
    events.push(`head ${guard.signed}`);
  };
  const manifest = { head: {}, resign };
  guard.attach(manifest as unknown as Manifest);
  return { guard, events, counter: () => counter };
}

it('a head that names the next count is durable before the counter reaches it, once before the first write', async () => {
  const { guard, events } = stage();
  await guard.beforeWrite(1000);
  await guard.beforeWrite(2000);
  expect(events).toEqual(['head 8', 'count 8', 'pin']);
  expect(guard.signed).toBe(8n);
});

it('counts again after five minutes of writing, and at the end only when something was written', async () => {
  const { guard, events } = stage();
  await guard.settle(false);
  expect(events).toEqual([]);
  await guard.beforeWrite(1000);
  await guard.beforeWrite(1000 + 301_000);
  await guard.settle(false);
  await guard.settle(false);
  expect(events.filter((event) => event.startsWith('count'))).toEqual(['count 8', 'count 9', 'count 10']);
});

describe('what an hour of writing costs the TPM', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const counts = (events: readonly string[]): number =>
    events.filter((event) => event.startsWith('count')).length;

  it.each([50, 1000, 60_000, 299_999, 300_001])(
    'is 13 increments at most, with a commit every %i ms, and one at the end',
    async (between) => {
      const { guard, events } = stage();
      for (let now = 1; now <= 3_600_000; now += between) await guard.beforeWrite(now);
      expect(counts(events)).toBeLessThanOrEqual(13);
      const before = counts(events);
      await guard.settle(true);
      await guard.settle(false);
      expect(counts(events)).toBe(before + 1);
    },
  );

  it('and five minutes of writing one, also where somebody sets the clock of the machine', async () => {
    vi.useFakeTimers();
    const { guard, events } = stage();
    vi.advanceTimersByTime(1);
    await guard.beforeWrite();
    for (const year of [2001, 2101, 2001]) {
      vi.setSystemTime(new Date(year, 0, 1));
      await guard.beforeWrite();
    }
    expect(counts(events)).toBe(1);
    vi.advanceTimersByTime(301_000);
    await guard.beforeWrite();
    expect(counts(events)).toBe(2);
  });
});

it('after a failed increment repeats the increment alone: no head runs more than one ahead', async () => {
  const { guard, events, counter } = stage({ failIncrements: 1 });
  await expect(guard.beforeWrite(1000)).rejects.toThrow('gone');
  await guard.beforeWrite(2000);
  expect(events).toEqual(['head 8', 'count 8', 'pin']);
  expect(guard.signed).toBe(counter());
});

it('counts at the end of a session that only recorded reads, so that its records can not be cut off', async () => {
  const { guard, events } = stage();
  await guard.settle(true);
  expect(events).toEqual(['head 8', 'count 8', 'pin']);
});

it('raises no counter for a head that did not reach the disk: the next write signs it again first', async () => {
  const { guard, events, counter } = stage({ failHeads: 1 });
  await expect(guard.beforeWrite(1000)).rejects.toThrow('full');
  expect(guard.signed).toBe(counter());
  await guard.beforeWrite(2000);
  expect(events).toEqual(['head 8', 'count 8', 'pin']);
});

it('lets a commit stand whose head can not be remembered, and no other until it is', async () => {
  const { guard, events } = stage({ failPins: 2 });
  await guard.committed({} as TreeHead);
  events.push('committed');
  guard.committed({} as TreeHead);
  await expect(guard.beforeWrite(1000)).rejects.toThrow('no space');
  await guard.beforeWrite(1000);
  expect(events).toEqual(['pin', 'committed', 'pin', 'head 8', 'count 8', 'pin']);
});

describe('heads of several commits', () => {
  const head = (size: number) => ({ size }) as TreeHead;
  /** What is being remembered, and how each of that ends. */
  let open: { readonly size: number; readonly end: (error?: Error) => void }[];
  let guard: RollbackGuard;
  beforeEach(async () => {
    open = [];
    guard = new RollbackGuard(
      null,
      7n,
      ({ size }) =>
        new Promise((resolve, reject) => {
          open.push({ size, end: (error) => (error === undefined ? resolve() : reject(error)) });
        }),
    );
    guard.attach({ head: {}, resign: () => head(1) } as unknown as Manifest);
    const first = guard.beforeWrite(1000);
    await ended();
    await first;
  });

  /** Ends what is being remembered. */
  async function ended(error?: Error): Promise<number[]> {
    await new Promise(setImmediate);
    const now = open.splice(0);
    for (const one of now) one.end(error);
    await new Promise(setImmediate);
    return now.map(({ size }) => size);
  }

  it('that come while one is remembered: the last one is remembered in the end, whatever fails', async () => {
    for (const size of [2, 3, 4]) void guard.committed(head(size));
    expect(await ended()).toEqual([2]);
    expect(await ended()).toEqual([3]);
    expect(await ended(new Error('no space'))).toEqual([4]);
    const next = guard.beforeWrite(2000);
    expect(await ended()).toEqual([4]);
    await next;
  });

  it('are never remembered at the same time: an earlier one might come after', async () => {
    void guard.committed(head(2));
    await ended(new Error('no space'));
    const next = guard.beforeWrite(2000);
    await new Promise(setImmediate);
    void guard.committed(head(3));
    expect(await ended()).toEqual([2]);
    expect(await ended()).toEqual([3]);
    await next;
  });

  it('are no more on their way once that has ended', async () => {
    void guard.committed(head(2));
    let over = false;
    const end = guard.ended().then(() => {
      over = true;
    });
    await new Promise(setImmediate);
    expect(over).toBe(false);
    await ended();
    await end;
  });
});
