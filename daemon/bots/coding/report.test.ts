import { expect, test } from 'vitest';
import { type Detail, detailsLimit, reportOf } from './report.js';

const passed: Detail = { test: 'one', outcome: 'passed', message: '' };
const read = (details: Detail[], lines = new Map()) => JSON.parse(reportOf('c', { details, lines }));

test('only a program of which every test has passed has', () => {
  expect(read([passed]).passed).toBe(true);
  expect(read([passed, { ...passed, outcome: 'skipped' }]).passed).toBe(false);
  expect(read([]).passed).toBe(false);
});

test('what is shown is bounded, what decides is not', () => {
  const many = [...Array<Detail>(detailsLimit).fill(passed), { ...passed, outcome: 'failed' } as const];
  const report = read(many);
  expect(report.details).toHaveLength(detailsLimit);
  expect(report.passed).toBe(false);
  expect(read([{ ...passed, message: 'x'.repeat(10_000) }]).details[0].message).toHaveLength(500);
});

test('100 per cent is all of it', () => {
  const code = new Set(Array.from({ length: 10_000 }, (_, at) => at));
  const run = new Set([...code].slice(1));
  expect(read([passed], new Map([['a.c', { code, run }]])).coverage).toEqual({
    lines: 10_000,
    covered: 9_999,
    percent: 99.9,
    files: [{ name: 'a.c', lines: 10_000, covered: 9_999 }],
  });
  expect(read([passed]).coverage).toBe(null);
});
