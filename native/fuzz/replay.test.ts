/** What is kept for the native targets, under GCC's sanitizers; the first run compiles (half a minute), later ones what has changed. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { nativeTargets } from '../../test/fuzz/native-targets.js';

const minutes = 60_000;

it('native targets take all that is kept for them, and each beginning of it', {
  timeout: 5 * minutes,
}, async () => {
  const make = ['--silent', '-j2', '-C', import.meta.dirname, 'replay'];
  const { stdout, stderr } = await promisify(execFile)('make', make);
  const kept = nativeTargets().map(
    (name) => `${name}: ${readdirSync(join(import.meta.dirname, 'corpus', name)).length}`,
  );
  expect(stdout.trimEnd().split('\n').sort()).toEqual(kept.sort());
  expect(stderr).toBe('');
});
