import { expect, it } from 'vitest';
import { treePath } from './tree-path.js';

const names = (path: string) => treePath(path).map((name) => name.toString());

it('a path may begin with files/, with / or with neither', () => {
  for (const path of ['a/b', '/a/b', 'files/a/b', '/files/a/b', './files//a/./b/'])
    expect(names(path)).toEqual(['a', 'b']);
  for (const path of ['', '/', 'files', '/files/', '.']) expect(names(path)).toEqual([]);
  expect(names('files/files/x')).toEqual(['files', 'x']);
});

it.each(['a/../b', '..', 'a\0b', 'n'.repeat(256)])('%j is refused', (path) => {
  expect(() => treePath(path)).toThrowError(expect.objectContaining({ code: 'NAME_INVALID' }));
});
