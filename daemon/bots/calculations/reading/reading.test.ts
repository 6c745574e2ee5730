import { expect, test } from 'vitest';
import { answer } from '../answer.js';
import { numbersInWords } from './number-words.js';
import { formulaIn } from './phrases.js';
import { questionOf } from './question.js';
import { unitsInWords } from './unit-words.js';

/** The first line, or the name of the failure. */
function ask(question: string): string {
  const outcome = answer(Buffer.from(question));
  return 'error' in outcome ? outcome.error : (outcome.content.split('\n')[0] ?? '');
}

test('a result has the value alone in its first line, then what was computed and how it was rounded', () => {
  expect(answer(Buffer.from('What is 1/3?'))).toEqual({
    content: '0.333333333333333\ncomputed: 1 / 3\nrounded to 15 significant digits; exactly 1/3\n',
  });
});

test.each([
  ['What is 2 + 2?', '2 + 2', undefined],
  ['Please calculate 2 × 3.', '2 * 3', undefined],
  ['pi to 20 digits', 'pi', { kind: 'significant', count: 20 }],
  ['2/3, rounded to two decimal places', '2/3', { kind: 'places', count: 2 }],
  ['9.5 to the nearest integer', '9.5', { kind: 'places', count: 0 }],
  ['5!', '5!', undefined],
  ['x² − 1', 'x^2 - 1', undefined],
])('%j asks for %j', (request, text, digits) => {
  expect(questionOf(request)).toMatchObject({ text, digits });
});

test.each([
  ['twenty-three', '23'],
  ['two hundred and five plus seven', '205 + 7'],
  ['one million two hundred thousand', '1200000'],
  ['2.5 million', '(2.5 * 1000000)'],
  ['a thousand times two', '1000 * 2'],
  ['one-way', 'one-way'],
  ['two three', '2 3'],
])('%j is %j', (words, numbers) => {
  expect(numbersInWords(words).replace('plus', '+').replace('times', '*')).toBe(numbers);
});

test.each([
  ['square root of 144 plus 5', 'sqrt(144) + 5'],
  ['square root of the square root of 16', 'sqrt(sqrt(16))'],
  ['3 to the power of 4', '3 ^ 4'],
  ['50 + 10% of 200', '50 + 10 / 100 * 200'],
  ['remainder when 17 is divided by 5', 'mod(17, 5)'],
  ['gcd of 12, 18 and 24', 'gcd(12, 18, 24)'],
  ['1,234,567.5 + 1', '1234567.5 + 1'],
  ['max(1,234)', 'max(1,234)'],
  ['3 quarters of 80', '(3 * 80 / 4)'],
  ['2 # 3', undefined],
])('%j is the formula %j', (words, formula) => {
  expect(formulaIn(words)).toBe(formula);
});

test.each([
  ['miles per hour', 'miles / hour'],
  ['square feet', 'feet^2'],
  ['5 ft 3 in', '5 ft + 3 inch'],
  ['degrees Celsius', 'Celsius'],
  ['5 choose 2', '5 choose 2'],
])('%j is the unit %j', (words, unit) => {
  expect(unitsInWords(words)).toBe(unit);
});

test.each([
  ['20 C in F', '68 degF'],
  ['20 degrees Celsius to Kelvin', '293.15 K'],
  ['-300 C in F', 'not-defined'],
  ['3 ft in in', '36 inch'],
  ['how many liters in 10 gallons?', '37.85411784 liters'],
  ['convert 5 blinks to m', 'no-such-unit'],
  ['convert 5 m to blinks', 'no-such-unit'],
  ['convert 5 m to s', 'units-differ'],
  ['5 m + 3', 'units-differ'],
  ['hexadecimal ff to decimal', '255'],
  ['ff from hex to binary', '11111111'],
  ['0.5 in binary', 'not-defined'],
  ['12 base 2 in decimal', 'not-understood'],
])('%j is %s', (question, value) => {
  expect(ask(question)).toBe(value);
});

test.each([
  ['', 'empty-request'],
  [' ? ', 'empty-request'],
  ['What is love?', 'not-understood'],
  ['17 apples * 3', 'not-understood'],
  ['1.000,5 + 1', 'not-understood'],
  ['sum of 2 and 3, times 4', 'not-understood'],
  ['mean of 3 and five', '4'],
  ['mean of 3 and x', 'not-understood'],
  ['polynomial regression of y on x: x: 1, 2; y: 3, 4', 'not-understood'],
  ['erf(2 + i)', 'not-understood'],
  ['pi to 1000 digits', 'too-large'],
])('%j is %s', (question, value) => {
  expect(ask(question)).toBe(value);
});

test('what is no text, or too long, is refused', () => {
  expect(answer(Buffer.from([0x31, 0xff]))).toEqual({ error: 'not-text' });
  expect(answer(Buffer.alloc(2_000_000, '1'))).toEqual({ error: 'too-long' });
  expect(ask(`mean of ${'1 '.repeat(100_001)}`)).toBe('too-long');
  expect(ask('1 + '.repeat(400))).toBe('too-long');
});
