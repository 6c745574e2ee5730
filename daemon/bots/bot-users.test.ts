import { expect, test } from 'vitest';
import { freeBotUser, usualBotUsers } from './bot-users.js';

test('each bot gets a user that no other has, until there is none', () => {
  const taken = new Set<number>();
  for (let bots = 0; bots < 1_000; bots++) taken.add(freeBotUser(taken));
  expect(taken.size).toBe(1_000);
  expect(Math.min(...taken)).toBe(usualBotUsers.first);
  expect(() => freeBotUser(taken)).toThrow(expect.objectContaining({ code: 'SANDBOX_FAILED' }));
});
