/** The programs start from what was compiled at the build, and without it. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const started = {
  cli: [],
  daemon: ['--max-semi-space-size=8'],
  fs: ['--max-semi-space-size=8', '--expose-gc'],
} as const;
const programs = Object.entries(started) as [keyof typeof started, readonly string[]][];

/** Whether V8 takes what was compiled of a program, with flags of Node. */
function isTaken(program: string, flags: readonly string[]): string {
  const look = `
    const { existsSync, readFileSync } = require('node:fs');
    const compiled = 'program.' + require('node:v8').cachedDataVersionTag() + '.compiled';
    const given = { filename: 'program.cjs', cachedData: existsSync(compiled) ? readFileSync(compiled) : Buffer.alloc(0) };
    console.log(!new (require('node:vm').Script)(readFileSync('program.cjs', 'utf8'), given).cachedDataRejected);`;
  const options = { cwd: join(dist, program), encoding: 'utf8' } as const;
  return execFileSync(process.execPath, [...flags, '-e', look], options).trim();
}

describe.each(programs)('%s', (program, flags) => {
  test('has what V8 compiled, for each set of flags that it is started with', () => {
    expect(isTaken(program, [])).toBe('true');
    expect(isTaken(program, flags)).toBe('true');
    expect(isTaken(program, [...flags, '--no-concurrent-recompilation'])).toBe('true');
  });

  test('starts all the same where that is missing, damaged or of another program', () => {
    const folder = mkdtempSync(join(dist, 'launch-'));
    const version = () =>
      spawnSync(process.execPath, [join(folder, 'main.js'), '--version'], { encoding: 'utf8' });
    try {
      for (const name of ['main.js', 'program.cjs'])
        copyFileSync(join(dist, program, name), join(folder, name));
      const good = { status: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) };
      expect(version()).toMatchObject(good);
      const compiled = readdirSync(join(dist, program)).filter((name) => name.endsWith('.compiled'));
      expect(compiled.length).toBeGreaterThan(0);
      for (const name of compiled) {
        const copy = join(folder, name);
        copyFileSync(join(dist, program, name), copy);
        expect(version()).toMatchObject(good);
        truncateSync(copy, 1000);
        expect(version()).toMatchObject(good);
        writeFileSync(copy, '');
        expect(version()).toMatchObject(good);
        expect(existsSync(copy)).toBe(true);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
