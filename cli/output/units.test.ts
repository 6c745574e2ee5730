import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatMode, formatTime } from './units.js';

test('sizes', () => {
  expect([0, 1023, 1024, 1_572_864, 157_286_400, 2 ** 50].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 MiB',
    '150 MiB',
    '1.0 PiB',
  ]);
});

test('counts and durations', () => {
  expect(formatCount(1, 'file')).toBe('1 file');
  expect(formatCount(12_345, 'entry', 'entries')).toBe('12,345 entries');
  expect([7, 200, 7500, 273_600].map(formatDuration)).toEqual(['7 s', '3 min 20 s', '2 h 5 min', '3 d 4 h']);
});

test('times before 1970 belong to the second that began', () => {
  expect(formatTime('-1')).toBe(formatTime('-1000000000'));
  expect(formatTime('99999999999999999999')).toMatch(/^[@\d]/);
});

test('modes look as in ls', () => {
  expect(formatMode('file', 0o644)).toBe('-rw-r--r--');
  expect(formatMode('directory', 0o1777)).toBe('drwxrwxrwt');
  expect(formatMode('file', 0o6755)).toBe('-rwsr-sr-x');
  expect(formatMode('fifo', 0o4600)).toBe('prwS------');
});
