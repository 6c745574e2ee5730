import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SherinError } from './errors.js';
import { keyMemoryBytes, lockLimit, unlockedMemory } from './key-memory.js';

const failure = (code: string, syscall: string): Error => Object.assign(new Error(), { code, syscall });

it('memory that could not be locked is told with what is wanted and what may be', () => {
  const error = unlockedMemory(failure('ENOMEM', 'mlock'));
  const limit = Number.isFinite(lockLimit('soft')) ? lockLimit('soft') : 'unlimited';
  expect(error).toMatchObject({
    code: 'KEY_MEMORY',
    context: { errno: 'ENOMEM', needed: keyMemoryBytes, limit },
  });
  expect(error?.message).toContain(
    `${keyMemoryBytes} bytes are to be locked, and the process may lock ${limit}`,
  );
});

it('no other error is', () => {
  for (const other of [
    failure('ENOMEM', 'mmap'),
    new Error('mlock'),
    new SherinError('LOCKED'),
    'mlock',
    null,
  ])
    expect(unlockedMemory(other)).toBeNull();
});

it('the limit is that of this process', () => {
  const line = /^Max locked memory.*$/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[0] ?? '';
  for (const which of ['soft', 'hard'] as const) {
    const limit = lockLimit(which);
    if (Number.isFinite(limit)) expect(line).toContain(`${limit}`);
  }
  expect(lockLimit('hard')).toBeGreaterThanOrEqual(lockLimit('soft'));
});
