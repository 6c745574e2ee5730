import { describe, expect, it } from 'vitest';
import { endOf, parseVersionName } from './version.js';

describe('a path with a version', () => {
  it.each([
    ['a@3', 'a', '3'],
    ['files/a@b@yesterday', 'files/a@b', 'yesterday'],
    ['/mnt/sherin/files/x@2026-01-31 13:05', '/mnt/sherin/files/x', '2026-01-31 13:05'],
  ])('is taken apart: %s', (text, path, version) => {
    expect(parseVersionName(text)).toEqual({ path, version });
  });

  it.each(['a', 'a@', '@3', 'dir@2/file', 'dir/@3', ''])('is no such thing: %s', (text) => {
    expect(parseVersionName(text)).toBeNull();
  });
});

describe('a time', () => {
  const now = new Date(2026, 2, 31, 13, 5, 9, 500);
  const at = (...parts: [number, number, number, number?, number?, number?]): bigint =>
    BigInt(new Date(...parts).getTime()) * 1_000_000n;

  it.each([
    ['yesterday', at(2026, 2, 31)],
    ['2026-02-28', at(2026, 2, 1)],
    ['2026-12-31', at(2027, 0, 1)],
    ['2026-01-31T13:05', at(2026, 0, 31, 13, 6)],
    ['2026-01-31 13:05:09', at(2026, 0, 31, 13, 5, 10)],
    ['3h', BigInt(now.getTime() - 3 * 3_600_000) * 1_000_000n],
    ['90min', BigInt(now.getTime() - 90 * 60_000) * 1_000_000n],
    ['2d', BigInt(now.getTime() - 2 * 86_400_000) * 1_000_000n],
    ['1w', BigInt(now.getTime() - 7 * 86_400_000) * 1_000_000n],
  ])('up to which %s means', (text, end) => {
    expect(endOf(text, now)).toBe(end);
  });

  it.each([
    '',
    'tomorrow',
    '2026-02-30',
    '2026-13-01',
    '2026-1-1',
    '3 h',
    '-1',
    '1y',
    '2026-01-31T13',
    '2026-01-31 24:00',
    '2026-01-31 10:60',
    '2026-01-31 10:00:60',
  ])('is not %s', (text) => {
    expect(() => endOf(text, now)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
