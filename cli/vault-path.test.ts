import { expect, test } from 'vitest';
import { SherinError } from '../common/errors.js';
import { baseName, parentPath, vaultPath, vaultTarget } from './vault-path.js';

const where = { mount: '/mnt/sherin' };

test.each([
  ['', 'files'],
  ['/', 'files'],
  ['files', 'files'],
  ['files/a/b', 'files/a/b'],
  ['a/b/', 'files/a/b'],
  ['/a//b', 'files/a/b'],
  ['./a', 'files/a'],
  ['/files/a', 'files/a'],
  ['/mnt/sherin', 'files'],
  ['/mnt/sherin/files/a', 'files/a'],
  ['/mnt/sherin2/a', 'files/mnt/sherin2/a'],
  ['a\udcff/b', 'files/a\udcff/b'],
])('%s is %s', (text, path) => {
  expect(vaultPath(text, where)).toBe(path);
});

test('a path that leaves the tree is refused', () => {
  expect(() => vaultPath('a/../b', where)).toThrow(SherinError);
  expect(() => vaultPath('/mnt/sherin/ids/x', where)).toThrow(SherinError);
});

test('a single word may be an ID, whatever has a slash is a path', () => {
  const id = `FILES_20260101_${'0f'.repeat(16)}`;
  expect(vaultTarget(id, where)).toBe(id);
  expect(vaultTarget(`files/${id}`, where)).toBe(`files/${id}`);
  expect(vaultTarget('.', where)).toBe('files');
  expect(vaultTarget('/a', where)).toBe('files/a');
  expect(() => vaultTarget('..', where)).toThrow(SherinError);
});

test('names and parents', () => {
  expect([baseName('files'), baseName('files/a/b')]).toEqual(['', 'b']);
  expect([parentPath('files'), parentPath('files/a/b')]).toEqual(['files', 'files/a']);
});
