import { expect, it } from 'vitest';
import { fuseOp } from '../../../native/index.js';
import { type NoteTaker, tellNotes } from './notes.js';

function told(notes: readonly (readonly number[])[], names: string, fails?: number): unknown[] {
  const all: unknown[] = [];
  const taker: NoteTaker = {
    opened: (node, handle, { uid, gid, pid, program }, closed) => {
      if (handle === fails) throw new Error('no');
      all.push(['opened', node, handle, uid, gid, pid, program, closed]);
    },
    release: (handle) => void all.push(['release', handle]),
    failed: (op) => void all.push(['failed', op]),
  };
  tellNotes(Float64Array.from(notes.flat()), names, taker);
  return all;
}

const opened = (node: number, handle: number, program: number) => [
  fuseOp.opened,
  ...[node, 1000, 100, 7, handle, program],
];
const release = (handle: number) => [fuseOp.release, 0, 0, 0, 0, handle, 2];

it('tells what was opened with its program, and of a release what was not opened in the same notes', () => {
  const notes = [release(3), opened(20, 10, 0), opened(21, 11, 1), release(10)];
  expect(told(notes, '/bin/cat\0/bin/é\0\0')).toEqual([
    ['release', 3],
    ['opened', 20, 10, 1000, 100, 7, '/bin/cat', true],
    ['opened', 21, 11, 1000, 100, 7, '/bin/é', false],
  ]);
});

it('tells the others where one fails', () => {
  expect(told([opened(20, 10, 0), opened(21, 11, 0)], '\0', 10)).toEqual([
    ['failed', fuseOp.opened],
    ['opened', 21, 11, 1000, 100, 7, '', false],
  ]);
});
