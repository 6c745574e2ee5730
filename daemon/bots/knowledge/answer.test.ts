import { afterAll, expect, test } from 'vitest';
import { answer } from './answer.js';
import { addon, Collections, idOf } from './collection.fixture.js';

const collections = new Collections();
afterAll(() => collections.remove());

function ask(question: string, ...paths: string[]) {
  return answer({ question, collections: paths }, addon);
}

function passages(question: string, ...paths: string[]): Readonly<Record<string, unknown>>[] {
  const answered = ask(question, ...paths);
  if (!('content' in answered)) throw new Error(answered.error);
  return (JSON.parse(answered.content) as { passages: Readonly<Record<string, unknown>>[] }).passages;
}

const letters = collections.of([
  'The snark was a boojum, you see.',
  'He had forty-two boxes.',
  'Just the place for a snark!',
]);

test('an answer has object, path, bytes, score and text of each passage', () => {
  const [first] = passages('was it a boojum?', letters);
  expect(first).toEqual({
    ...{ id: idOf(1), path: 'files/letters/1', from: 0, to: 32, text: 'The snark was a boojum, you see.' },
    score: expect.any(Number),
  });
});

test('other forms of a word are found, and words that the text does not have do no harm', () => {
  expect(
    passages('in which box are boojums hunted?', letters)
      .map(({ id }) => id)
      .sort(),
  ).toEqual([idOf(1), idOf(2)]);
});

test('at most ten', () => {
  const many = collections.of(Array.from({ length: 30 }, (_, at) => `Snark number ${at}`));
  expect(passages('snark', many)).toHaveLength(10);
});

test('of several collections each has its turn, and the same text comes once', () => {
  const more = collections.of(['A snark, a snark, a snark', 'Nothing else'], undefined, 50);
  const ids = passages('snark', letters, more, letters).map(({ id }) => id);
  expect([...ids].sort()).toEqual([idOf(1), idOf(3), idOf(50)]);
  expect(ids.slice(0, 2)).toContain(idOf(50));
});

test('what can not be answered has a name', () => {
  expect(ask('?', letters)).toEqual({ error: 'empty-question' });
  expect(ask('snark')).toEqual({ error: 'no-collection' });
  expect(ask('bandersnatch', letters)).toEqual({ error: 'nothing-found' });
  expect(ask('bandersnatch', collections.of([]))).toEqual({ error: 'nothing-found' });
  expect(ask('snark', letters, '/etc/hostname')).toEqual({ error: 'not-a-collection' });
});
