import { expect, it } from 'vitest';
import { takeListenFds } from './listen-fds.js';

const env = (values: Record<string, string>) => ({ LISTEN_FDNAMES: 'a:b', OTHER: 'stays', ...values });

it('tells descriptors from 3 on, and removes the variables', () => {
  const given = env({ LISTEN_PID: '17', LISTEN_FDS: '2' });
  expect(takeListenFds(given, 17)).toEqual([3, 4]);
  expect(given).toEqual({ OTHER: 'stays' });
});

it.each([
  ['those of another process', { LISTEN_PID: '18', LISTEN_FDS: '1' }],
  ['no process', { LISTEN_FDS: '1' }],
  ['no number', { LISTEN_PID: '17' }],
  ['none', { LISTEN_PID: '17', LISTEN_FDS: '0' }],
  ['nonsense', { LISTEN_PID: '17', LISTEN_FDS: '1e3' }],
])('%s: nothing, and the variables go', (_, values) => {
  const given = env(values);
  expect(takeListenFds(given, 17)).toEqual([]);
  expect(given).toEqual({ OTHER: 'stays' });
});
