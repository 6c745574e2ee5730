import { expect, it } from 'vitest';
import { parseDuration } from './duration.js';

it('reads lengths of time', () => {
  const hour = 3_600_000_000_000n;
  expect(parseDuration('36h')).toBe(36n * hour);
  expect(parseDuration('1w')).toBe(parseDuration('7d'));
  expect(parseDuration('1y6m')).toBe(parseDuration('545d'));
  for (const bad of ['', '5', 'd', '-1d', '1d ', '1.5d', '1s', '9999999d'])
    expect(() => parseDuration(bad)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
