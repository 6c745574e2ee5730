import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CellEnd } from './cell.js';
import { detailOf } from './verdict.js';

const ends: readonly CellEnd[] = [
  { kind: 'exit', code: 0 },
  { kind: 'exit', code: 1 },
  { kind: 'signal', signal: 'SIGKILL' },
  { kind: 'timeout' },
  { kind: 'memory' },
  { kind: 'late' },
];
const passed = { outcome: 'passed', message: '' };
const outcomeOf = (end: CellEnd, reports: readonly unknown[]) =>
  detailOf('one', { end, reports, said: '', errors: '' }).outcome;

test('only what the runner says has passed, and only of a process that ended by itself', () => {
  expect(ends.map((end) => outcomeOf(end, [passed]))).toEqual([
    'passed',
    'passed',
    'crashed',
    'timeout',
    'memory',
    'timeout',
  ]);
  expect(ends.map((end) => outcomeOf(end, []))).toEqual([
    'error',
    'error',
    'crashed',
    'timeout',
    'memory',
    'timeout',
  ]);
});

test('the last word stands', () => {
  expect(outcomeOf({ kind: 'exit', code: 0 }, [passed, { outcome: 'failed' }, { lines: {} }])).toBe('failed');
});

test('reports of any form do no harm, and none but that one says that a test has passed', () => {
  const report = fc
    .anything()
    .filter((value) => (value as { outcome?: unknown } | null)?.outcome !== 'passed');
  fc.assert(
    fc.property(fc.constantFrom(...ends), fc.array(report), (end, reports) => {
      expect(outcomeOf(end, reports)).not.toBe('passed');
    }),
  );
});
