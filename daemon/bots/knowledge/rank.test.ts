import { expect, test } from 'vitest';
import type { Passage } from './passage.js';
import { rank } from './rank.js';

function passage(id: string, text: string, more: Partial<Passage> = {}): Passage {
  const facts = {
    path: `files/${id}`,
    from: 0,
    to: text.length,
    encoding: 'plain',
    charset: 'utf-8',
  } as const;
  return { id, text, ...facts, score: 10, siblings: 1, ...more };
}

const order = (found: readonly Passage[], ...words: string[]) => rank(found, words).map(({ id }) => id);

test('each text once, with its best passage', () => {
  const found = [passage('a', 'snark one', { score: 5 }), passage('a', 'snark two', { score: 9 })];
  expect(rank(found, ['snark']).map(({ text }) => text)).toEqual(['snark two']);
});

test('a text that has more of the words comes first, wherever in it they are', () => {
  const found = [
    passage('one', 'a snark', { score: 12 }),
    passage('both', 'snark'),
    passage('both', 'boojum', { from: 9 }),
  ];
  expect(order(found, 'snark', 'boojum')).toEqual(['both', 'one']);
  expect(order([passage('one', 'snark'), passage('boojum', 'snark hunt')], 'snark', 'boojum')[0]).toBe(
    'boojum',
  );
});

test('of a long text some passage has the words by chance', () => {
  const found = [
    passage('long', 'snark here', { score: 11, siblings: 5_000 }),
    passage('short', 'snark there'),
  ];
  expect(order(found, 'snark')).toEqual(['short', 'long']);
});

test('the same passage in two texts is one answer', () => {
  expect(
    order([passage('a', 'snark'), passage('b', 'snark'), passage('c', 'a snark')], 'snark'),
  ).toHaveLength(2);
});
