import { expect, test } from 'vitest';
import { merge } from './merge.js';

const one = 'RESULT_20260131_00000000000000000000000000000001';
const two = 'RESULT_20260131_00000000000000000000000000000002';

test('each part stands under its ID, as it is', () => {
  const parts = [
    { id: one, content: Buffer.from('first\nlines\n\n') },
    { id: two, content: Buffer.from('Größe: 3') },
  ];
  expect(merge(parts)).toBe(`## ${one}\n\nfirst\nlines\n\n## ${two}\n\nGröße: 3\n`);
});

test('of what is no text its size is told', () => {
  expect(merge([{ id: one, content: Buffer.from([0xff, 0xfe, 0]) }])).toBe(
    `## ${one}\n\n(3 bytes that are no text)\n`,
  );
});
