import { expect, it } from 'vitest';
import { allowsOthers } from './allow-other.js';

it('is 1 or 0, and nothing that only looks like it', () => {
  const said = ['1', '0', '', undefined].map((text) => allowsOthers({ SHERIN_ALLOW_OTHER: text }));
  expect(said).toEqual([true, false, false, false]);
  for (const text of ['yes', 'true', ' 1'])
    expect(() => allowsOthers({ SHERIN_ALLOW_OTHER: text })).toThrow('is 1 or 0');
});
