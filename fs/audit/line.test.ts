import { expect, test } from 'vitest';
import { MalformedLine, parseLine } from './line.js';

test('a line with half of a surrogate pair has no canonical form, and is no line', () => {
  expect(() => parseLine(Buffer.from('{"actor":"\\ud800","v":1}'))).toThrow(MalformedLine);
});
