import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SherinError } from './errors.js';
import { localError, reason } from './local-error.js';

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test('an error of the system is told in words, with the path', () => {
  const missing = thrown(() => readFileSync('/nowhere/at/all'));
  expect(reason(missing)).toBe('no such file or directory');
  expect(localError('a b', missing).message).toBe('a b: no such file or directory');
  // Addons give the name alone.
  expect(reason(Object.assign(new Error('open'), { code: 'EACCES' }))).toBe('permission denied');
  expect(reason(thrown(() => closeSync(openSync('/dev/null/x', 'r'))))).toBe('not a directory');
});

test('what exists already has an error of its own', () => {
  expect(
    localError(
      '/tmp',
      thrown(() => mkdirSync('/tmp')),
    ),
  ).toMatchObject({ code: 'PATH_EXISTS' });
});

test('what is no error of the system keeps its words, and one of the table stays what it is', () => {
  expect(reason(new RangeError('too far'))).toBe('too far');
  const known = new SherinError('LOCKED');
  expect(localError('/a', known)).toBe(known);
});
