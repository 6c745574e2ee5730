import { expect, test } from 'vitest';
import { autoLockOf, locksBeforeSleep, parseAutoLock } from './auto-lock.js';

test('a time is minutes, or has its unit', () => {
  const texts = ['1', '15', '90s', '15m', '2h', '168h'];
  expect(texts.map((text) => parseAutoLock(text))).toEqual([60, 900, 90, 900, 7200, 604_800]);
  for (const text of ['', '0', '0s', '-1', '1.5', '1d', '169h', '15 m', 'm', '9999999s', '1e3'])
    expect(() => parseAutoLock(text), text).toThrow('--auto-lock takes');
});

test('a flag only shortens what the environment says, and neither is ignored', () => {
  expect(autoLockOf(undefined, {})).toBeNull();
  expect(autoLockOf('10', {})).toBe(600);
  expect(autoLockOf(undefined, { SHERIN_AUTO_LOCK: '5' })).toBe(300);
  expect(autoLockOf('10', { SHERIN_AUTO_LOCK: '5' })).toBe(300);
  expect(autoLockOf('90s', { SHERIN_AUTO_LOCK: '5' })).toBe(90);
  expect(() => autoLockOf('10', { SHERIN_AUTO_LOCK: 'never' })).toThrow('SHERIN_AUTO_LOCK takes');
});

test('a lock before sleep is wanted by a flag or the environment', () => {
  const words = [undefined, '', '0', '1'].map((text) =>
    locksBeforeSleep(false, { SHERIN_LOCK_BEFORE_SLEEP: text }),
  );
  expect(words).toEqual([false, false, false, true]);
  expect(locksBeforeSleep(true, { SHERIN_LOCK_BEFORE_SLEEP: '0' })).toBe(true);
  expect(() => locksBeforeSleep(true, { SHERIN_LOCK_BEFORE_SLEEP: 'yes' })).toThrow('is 1 or 0');
});
