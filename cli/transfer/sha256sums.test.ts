import { expect, test } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { parseSums } from './sha256sums.js';

const hash = 'ab'.repeat(32);

test('text, binary and escaped lines', () => {
  const list = `${hash}  ./a b.txt\n${hash} *c\n\\${hash}  x\\ny\\\\z\n`;
  expect(parseSums(list, 'list').map(({ path }) => path)).toEqual(['./a b.txt', 'c', 'x\ny\\z']);
});

test('upper-case digits are the same sum', () => {
  expect(parseSums(`${hash.toUpperCase()}  a`, 'list')[0]?.sha256).toBe(hash);
});

test('anything else is named by its line', () => {
  expect(() => parseSums(`${hash}  a\nnonsense\n`, 'list')).toThrow(SherinError);
  expect(() => parseSums(`${hash}  a\nnonsense\n`, 'list')).toThrow(/line 2 of list/);
});
