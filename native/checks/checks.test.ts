/** The native code under GCC's sanitizers; the first run compiles (half a minute), later ones what has changed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const minutes = 60_000;

describe('the native code', () => {
  it.each([
    ['memory errors, leaks, undefined behaviour', 'memory'],
    ['data races', 'race'],
  ])('has no %s under load', { timeout: 5 * minutes }, async (_, target) => {
    const make = promisify(execFile)('make', ['--silent', '-j2', '-C', import.meta.dirname, target]);
    expect(await make).toEqual({ stdout: 'all checks passed\n', stderr: '' });
  });
});
