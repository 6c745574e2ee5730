import { expect, test } from 'vitest';
import { judge, simulationMark } from './judge.js';

test.each([
  ['medical', 'Take two of these.', 'no-simulation-mark'],
  ['military', 'Go left.', 'no-simulation-mark'],
  ['medical', `${simulationMark}\nTake two of these.`, null],
  ['military', `Go left.\n${simulationMark}\n`, null],
  ['medical', 'simulation only', 'no-simulation-mark'],
  ['coding', 'print(1)', null],
  ['merge', 'anything', null],
  ['coding', ' \n\t', 'empty-result'],
  ['coding', '', 'empty-result'],
  ['unheard-of', 'x', null],
])('%s: %j gives %s', (domain, result, reason) => {
  expect(judge(Buffer.from(result), domain)).toBe(reason);
});

test('the mark is found in what is no text, too', () => {
  const result = Buffer.concat([
    Buffer.from([0xff, 0, 0x80]),
    Buffer.from(simulationMark),
    Buffer.from([0xff]),
  ]);
  expect(judge(result, 'medical')).toBeNull();
});
