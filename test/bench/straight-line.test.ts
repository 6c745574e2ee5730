import { expect, test } from 'vitest';
import type { Row } from '../../bench/measure.js';
import { straightLine } from '../../bench/parts/straight-line.js';

function row(work: string, times: readonly number[]): Row {
  const samples = new Map([['sherin', [...times]]]);
  return { id: 'R5', work, place: 'disk', unit: 's', better: 'less', samples };
}

test('growth is told by medians: 1 on the straight line, more above it', () => {
  const rows = [row('listing, 10 files', [1, 2, 9]), row('listing, 40 files', [8, 1, 12])];
  const line = straightLine([10, 40], rows, (files) => `${files} files`);
  expect(line).toMatchObject({ id: 'G1', unit: '×', better: 'less', place: 'disk' });
  expect(line.work).toBe('listing: 40 files to a straight line from 10 files');
  expect(line.samples).toEqual(new Map([['sherin', [1]]]));
  const steep = straightLine([10, 40], [row('a', [2]), row('a', [16])], String);
  expect(steep.samples.get('sherin')).toEqual([2]);
});
