import { expect, it } from 'vitest';
import { RecordedOpens } from './recorded-opens.js';

const cat = { uid: 1000, pid: 7, exe: 'cat' };
const hour = 3_600_000;

it('an open is recorded once an hour for a user, a program and an object', () => {
  const opens = new RecordedOpens();
  expect(opens.first(cat, 'a', hour)).toBe(true);
  expect(opens.first({ ...cat, pid: 8 }, 'a', hour + 1)).toBe(false);
  expect(opens.first({ ...cat, exe: 'less' }, 'a', hour + 1)).toBe(true);
  expect(opens.first(cat, 'b', hour + 1)).toBe(true);
  expect(opens.first(cat, 'a', 2 * hour)).toBe(true);
});

it('an open whose record could not be written is recorded when it comes again', () => {
  const opens = new RecordedOpens();
  expect(opens.first(cat, 'a', hour)).toBe(true);
  opens.forget(cat, 'a');
  expect(opens.first(cat, 'a', hour + 1)).toBe(true);
});
