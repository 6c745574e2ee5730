import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Clock } from './clock.js';

it('is never behind the time of a file that was written before on another file system', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  try {
    const clock = new Clock();
    for (let each = 0; each < 500; each++) {
      const file = join(folder, String(each));
      writeFileSync(file, '');
      const written = statSync(file, { bigint: true }).mtimeNs;
      expect(clock.now()).toBeGreaterThanOrEqual(written);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('tells of each change a later time, also after one that was taken elsewhere', () => {
  const clock = new Clock();
  const times = Array.from({ length: 1000 }, () => clock.now());
  expect(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0n))).toBe(true);
  const ahead = clock.now() + 10n ** 12n;
  clock.passed(ahead);
  expect(clock.now()).toBe(ahead + 1n);
});
