import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ratio } from '../formula/exact.js';
import { anova } from './anova.js';
import { columnOf } from './column.js';
import { listOf, listsOf, tableOf } from './data.js';
import { lag1Autocorrelation, mean, sampleVariance } from './moments.js';
import { modes, quantile } from './order.js';
import { ones, powers, regress } from './regression.js';

const column = (...values: readonly (number | string)[]) => columnOf(values.map(String));

test('a mean and a variance lose nothing to large values beside small ones', () => {
  const values = column('1e20', 1, '-1e20', '0.000001');
  expect(mean(values).toFraction()).toBe('1000001/4000000');
  const far = column('1000000000000000000001', '1000000000000000000002', '1000000000000000000003');
  expect(sampleVariance(far).toFraction()).toBe('1');
  expect(lag1Autocorrelation(column(1, 3, 2)).toFraction()).toBe('-1/2');
});

test('the mean of values moved by a constant moves by it, and the variance stays', () => {
  const whole = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(fc.array(whole, { minLength: 2, maxLength: 30 }), whole, (values, by) => {
      const [here, there] = [column(...values), column(...values.map((value) => value + by))];
      expect(mean(there).sub(mean(here)).toFraction()).toBe(String(by));
      expect(sampleVariance(there).toFraction()).toBe(sampleVariance(here).toFraction());
    }),
  );
});

test('a regression finds the line that all points are on, and tells columns that depend on each other', () => {
  const x = column(0, 1, 2, 3, 4);
  const { coefficients, residualSumOfSquares } = regress(column('0.5', '0.75', 1, '1.25', '1.5'), [x], true);
  expect(coefficients.map((value) => value.toFraction())).toEqual(['1/2', '1/4']);
  expect(residualSumOfSquares.toFraction()).toBe('0');
  expect(() => regress(x, [x, column(0, 2, 4, 6, 8)], true)).toThrow('singular');
  expect(() => regress(x, [ones(5)], true)).toThrow('singular');
  expect(() => regress(column(1, 2), powers(column(1, 2), 2), true)).toThrow('too-few-values');
  expect(() => regress(column(1, 2), [x], true)).toThrow('lists-differ');
});

test('quantiles and modes', () => {
  expect(quantile(column(4, 1, 3, 2), ratio(1n, 4n)).toFraction()).toBe('7/4');
  expect(modes(column(3, 1, 3, 1, 2)).map((value) => value.toFraction())).toEqual(['1', '3']);
});

test('groups without any spread have no F', () => {
  expect(() => anova([column(1, 1), column(2, 2)])).toThrow('not-defined');
  expect(() => anova([column(1, 2)])).toThrow('too-few-values');
});

test.each([
  ['3, 5, 8', ['3', '5', '8']],
  ['3 5\t8', ['3', '5', '8']],
  ['3, 5 and 8', ['3', '5', '8']],
  ['3,5,8', ['3', '5', '8']],
  ['1,200 and 1,300', ['1200', '1300']],
  ['[1, -2.5e3]', ['1', '-2.5e3']],
  ['3, five', undefined],
  ['', undefined],
])('%j is a list', (text, expected) => {
  expect(listOf(text)).toEqual(expected);
});

test('several lists, and tables', () => {
  const expected = [
    ['1', '2'],
    ['3', '4'],
  ];
  for (const text of [
    '[1, 2], [3, 4]',
    'x: 1, 2; y: 3, 4',
    'x = 1 2 and y = 3 4',
    '1, 2 and 3, 4',
    '(1, 2), (3, 4)',
  ])
    expect(listsOf(text), text).toEqual(expected);
  expect(listsOf('1, 2, 3')).toBeUndefined();
  expect(tableOf(['y x', '1 2', '3 4'])).toEqual({ names: ['y', 'x'], rows: expected });
  expect(tableOf(['1, 2', '3, 4'])?.rows).toEqual(expected);
  expect(() => tableOf(['y x', '1 2', '3'])).toThrow('lists-differ');
});
