import { expect, it } from 'vitest';
import { filesNamespace } from '../manifest/namespaces.js';
import type { Change } from './change.js';
import type { FrozenContent } from './frozen-content.js';
import { batchesOf, leftOut, noneLeft, portionsOf, statesOf } from './sealing-order.js';

const name = Buffer.from('name');

/** `v3`: a version of inode 3; `-3`: it loses a name; `.`: another change. They are numbered from 100 on. */
function changesOf(text: string): Change[] {
  return text.split(' ').map((word, i): Change => {
    const number = 100 + i;
    const ino = Number(word.slice(1));
    if (word.startsWith('v'))
      return {
        type: 'version',
        number,
        inode: ino,
        frozen: {} as FrozenContent,
        uid: 0,
        namespace: filesNamespace,
        time: 0n,
      };
    return { type: 'mutation', number, mutation: { type: 'unlink', parent: 1, name }, unnamed: ino };
  });
}

function wordOf(change: Change): string {
  if (change.type === 'version') return `v${change.inode}`;
  return change.unnamed === 0 ? '.' : `-${change.unnamed}`;
}
const text = (parts: Iterable<readonly Change[]>): string =>
  [...parts].map((part) => part.map(wordOf).join(' ')).join(' | ');

/** What is left out, in parentheses behind its place, where only some inodes have a name at the end. */
function left(changes: Change[], named: readonly number[]): string[] {
  const some = leftOut(changes, (ino) => named.includes(ino));
  return changes.flatMap((change) => (change.type === 'version' && some.has(change) ? [wordOf(change)] : []));
}

it('leaves out versions of files that have no name at the end, and no others', () => {
  expect(left(changesOf('. v2 . v3 v2 -2'), [3])).toEqual(['v2', 'v2']);
  // It has another name.
  expect(left(changesOf('v2 -2'), [2])).toEqual([]);
  // Nobody knows where it went.
  expect(left(changesOf('-2 v2'), [])).toEqual([]);
});

it('cuts portions behind versions, but not between one that is left out and the removal', () => {
  const changes = changesOf('. v2 . v3 . v4 -3 v5 .');
  expect(text(portionsOf(changes, noneLeft))).toBe('. v2 | . v3 | . v4 | -3 v5 | .');
  const some = leftOut(changes, (ino) => ino !== 3);
  expect(text(portionsOf(changes, some))).toBe('. v2 | . v3 . v4 -3 v5 | .');
});

it('has a state for each version, but for those within what can not be cut', () => {
  const changes = changesOf('v2 v2 v3 v2 v2 -3 v2 -2');
  expect(text(statesOf(changes, noneLeft))).toBe('v2 | v2 v3 | v2 | v2 -3 | v2 | -2');
  const some = leftOut(changes, (ino) => ino === 2);
  expect(text(statesOf(changes, some))).toBe('v2 | v2 v3 v2 v2 -3 | v2 | -2');
});

it('has a version that is little more than an earlier one of its file come behind that', () => {
  /** All versions of a file have so much in common. */
  const batches = (words: string, ...common: readonly number[]): string => {
    const some = changesOf(words).map((change): Change => {
      if (change.type !== 'version') return change;
      return {
        ...change,
        frozen: { unchangedSince: () => common[change.inode] ?? 0 } as unknown as FrozenContent,
      };
    });
    return text(batchesOf(some));
  };
  expect(batches('v1 . v1 v2 v1', 0, 63)).toBe('v1 . v1 v2 v1');
  expect(batches('v1 . v1 v2 v1', 0, 64)).toBe('v1 . | v1 v2 | v1');
  expect(batches('v1 v2 v1 v2 .', 0, 0, 64)).toBe('v1 v2 | v1 v2 .');
});
