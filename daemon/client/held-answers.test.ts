import { expect, it } from 'vitest';
import { HeldAnswers } from './held-answers.js';

it('answers the same question while nothing changes', () => {
  const held = new HeldAnswers<string>();
  held.keep('may a read x', 'yes', 3, performance.now());
  expect(held.get('may a read x', 3)).toBe('yes');
  expect(held.get('may b read x', 3)).toBeUndefined();
});

it('has nothing left in the next generation, nor where there is none', () => {
  const held = new HeldAnswers<string>();
  held.keep('x', 'yes', 3, performance.now());
  for (const generation of [0, 2, 4]) expect(held.get('x', generation)).toBeUndefined();
  held.keep('y', 'no', 4, performance.now());
  expect([held.get('x', 4), held.get('y', 4), held.get('x', 3)]).toEqual([undefined, 'no', undefined]);
});

it('holds each for its time, from the question on', () => {
  let now = 1_000;
  const held = new HeldAnswers<string>({ milliseconds: 100, clock: () => now });
  held.keep('x', 'yes', 1, 950);
  now = 1_049;
  expect(held.get('x', 1)).toBe('yes');
  now = 1_050;
  expect(held.get('x', 1)).toBeUndefined();
});

it('holds no more than it may, and none where all are taken back', () => {
  const held = new HeldAnswers<number>({ most: 8 });
  const kept = () =>
    Array.from({ length: 100 }, (_, at) => held.get(`${at}`, 1)).filter((one) => one !== undefined);
  for (let at = 0; at < 100; at++) {
    held.keep(`${at}`, at, 1, performance.now());
    expect(kept().length).toBeLessThanOrEqual(8);
    expect(held.get(`${at}`, 1)).toBe(at);
  }
  held.clear();
  expect(kept()).toEqual([]);
});
