import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

function setup(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const script = join(root, 'setup/setup.mjs');
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env });
}

describe('set-up', () => {
  test('says and does nothing when nothing is missing', () => {
    // `npm test` has just run it.
    expect(setup(['--test'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test('writes to no addon that a running program may have in memory', () => {
    const written = () =>
      readdirSync(join(root, 'dist/bots'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.node'))
        .map((name) => [name, statSync(join(root, 'dist/bots', name)).mtimeMs] as const);
    const before = written();
    expect(before.length).toBeGreaterThan(0);
    setup(['--test']);
    expect(written()).toEqual(before);
  });

  test('names an option that it does not have', () => {
    const { status, stderr } = setup(['--tests']);
    expect(status).toBe(1);
    expect(stderr).toContain('unknown option --tests');
  });

  test('tells what to install where there is no dpkg', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sherin-setup-'));
    try {
      symlinkSync(process.execPath, join(folder, 'node'));
      const { status, stderr } = setup([], { PATH: folder });
      expect(status).toBe(1);
      expect(stderr).toContain('swtpm');
      expect(stderr).toContain('node setup/setup.mjs --no-packages');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('installs from a lock file that npm ci takes: every optional package has its version', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
    };
    for (const { optionalDependencies } of Object.values(lock.packages)) {
      for (const name of Object.keys(optionalDependencies ?? {})) {
        expect(lock.packages[`node_modules/${name}`]?.version, name).toBeDefined();
      }
    }
  });

  test('compiles each source of an addon once', () => {
    const sources = readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.cc') && !name.startsWith('fuzz/') && !name.startsWith('checks/'))
      .map((name) => `native/${name}`);
    const apart = ['native/ipc', 'native/fuse2', 'native/fuzz', 'native/checks'];
    const compiled = [['native', '!', ...apart], ['native/ipc'], ['native/fuse2']].flatMap((args) =>
      spawnSync(process.execPath, [join(root, 'setup/steps/unity.mjs'), ...args], { encoding: 'utf8' })
        .stdout.trim()
        .split('\n')
        .flatMap((unit) => readFileSync(join(root, unit), 'utf8').match(/(?<=")[^"]+/g) ?? [])
        .map((file) => relative(root, join(root, 'build/unity', file)))
        .filter((file) => file.endsWith('.cc')),
    );
    expect(compiled.sort()).toEqual(sources.sort());
  });
});
