import { expect, it } from 'vitest';
import { callsOf } from './trace.js';

it('puts together what strace has written in two pieces', () => {
  const calls = callsOf(
    [
      '11 syncfs(18</srv/vault> <unfinished ...>',
      '12 write(17</srv/a>, "{\\"id\\":1}", 8) = 8',
      '11 <... syncfs resumed>) = 0',
      '12 fsync(17</srv/a> <unfinished ...>',
      '',
    ].join('\n'),
  );
  expect(calls).toEqual([
    { name: 'syncfs', text: 'syncfs(18</srv/vault>) = 0', begin: 0, end: 2 },
    { name: 'write', text: 'write(17</srv/a>, "{"id":1}", 8) = 8', begin: 1, end: 1 },
    { name: 'fsync', text: 'fsync(17</srv/a>', begin: 3, end: Number.POSITIVE_INFINITY },
  ]);
});
