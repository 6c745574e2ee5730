import { beforeEach, expect, test } from 'vitest';
import { makeLogger } from '../../../common/log.js';
import { IdleLock } from './idle-lock.js';

let now = 0;
let mark: string | null = 'a';
let locks = 0;
let idle: IdleLock;
beforeEach(() => {
  now = 1_000_000;
  mark = 'a';
  locks = 0;
  const log = makeLogger('test', { SHERIN_LOG: 'silent' });
  const lock = async () => {
    locks += 1;
    mark = null;
  };
  idle = new IdleLock({ seconds: 60, mark: () => mark, lock, log, clock: () => now });
});

/** So many seconds go by, with looks in between. */
async function pass(seconds: number): Promise<void> {
  for (let gone = 0; gone < seconds; gone += 5) {
    now += 5_000;
    await idle.look();
  }
}

test('a vault that nobody uses locks once, when its time is over', async () => {
  await idle.look();
  await pass(55);
  expect([locks, idle.left()]).toEqual([0, 5]);
  await pass(5);
  expect([locks, idle.left()]).toEqual([1, null]);
  await pass(600);
  expect(locks).toBe(1);
});

test('each use, told or seen, begins the time anew', async () => {
  await idle.look();
  await pass(50);
  await idle.using(async () => undefined);
  await pass(50);
  mark = 'b';
  await pass(50);
  expect(locks).toBe(0);
  await pass(15);
  expect(locks).toBe(1);
});

test('what is under way is a use for as long as it takes', async () => {
  let end = (): void => undefined;
  const work = idle.using(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  await pass(600);
  end();
  await work;
  await pass(55);
  expect(locks).toBe(0);
  await pass(15);
  expect(locks).toBe(1);
});

test('what was refused is no use: nobody keeps a vault open by asking for what he may not have', async () => {
  await idle.look();
  for (let asked = 0; asked < 12; asked++) {
    await expect(idle.using(() => Promise.reject(new Error('denied')))).rejects.toThrow('denied');
    await pass(5);
  }
  expect(locks).toBe(1);
});

test('the time of a vault that was opened again begins then', async () => {
  await idle.look();
  await pass(65);
  await pass(600);
  mark = 'b';
  await pass(50);
  expect(locks).toBe(1);
  await pass(20);
  expect(locks).toBe(2);
});

test('a look changes nothing: status asks as often as it likes', async () => {
  await idle.look();
  for (let looks = 0; looks < 100; looks++) idle.left();
  now += 59_000;
  expect(idle.left()).toBe(1);
  now += 1_000;
  await idle.look();
  expect(locks).toBe(1);
});

test('a clock that jumps ahead, as over a sleep, locks at once; one set back only begins the time anew', async () => {
  await idle.look();
  now -= 500_000;
  await pass(55);
  expect([locks, idle.left()]).toEqual([0, 10]);
  now += 8 * 3_600_000;
  await idle.look();
  expect(locks).toBe(1);
});

test('one that could not be locked is locked at the next look', async () => {
  let tries = 0;
  const log = makeLogger('test', { SHERIN_LOG: 'silent' });
  const lock = async () => {
    tries += 1;
    throw new Error('no');
  };
  idle = new IdleLock({ seconds: 60, mark: () => 'a', lock, log, clock: () => now });
  await idle.look();
  await pass(70);
  expect(tries).toBeGreaterThan(1);
});
