import { expect, it } from 'vitest';
import { z } from 'zod';
import { childWord } from './child-word.js';

const schema = z.object({ ready: z.literal(true) });

it('is taken as what its schema says', () => {
  expect(childWord('{"ready":true}', schema)).toEqual({ ready: true });
});

it.each(['', 'Segmentation fault', '{"ready":', '{"ready":false}', '[]'])(
  '%j is an error of the table',
  (line) => {
    expect(() => childWord(line, schema)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  },
);
