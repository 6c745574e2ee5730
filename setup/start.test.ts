import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const sample = join(root, 'setup/sample');
let folder = '';
let env: NodeJS.ProcessEnv = {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-start-'));
  env = {
    ...process.env,
    SHERIN_VAULT: join(folder, 'share/vault'),
    SHERIN_MOUNT: join(folder, 'mount'),
    SHERIN_RUNTIME_DIR: join(folder, 'run'),
    SHERIN_TPM_STATE: join(folder, 'tpm'),
    SHERIN_DAEMON_STATE: join(folder, 'daemon'),
    SHERIN_KNOWN_VAULTS: join(folder, 'known'),
    SHERIN_TCTI: undefined,
  };
});

afterAll(() => {
  spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), 'down'], { env });
  rmSync(folder, { recursive: true });
});

const start = (): string => {
  return execFileSync(process.execPath, [join(root, 'dist/setup/start.js')], { env, encoding: 'utf8' });
};

test('makes a vault, mounts it, and says where the recovery key is', () => {
  const screen = start();
  const key = join(folder, 'share/vault-recovery-key');
  expect(screen).toContain(`Its recovery key is in ${key}`);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(screen).toContain(join(folder, 'mount/files'));
});

test('the sample can be read and run at the mount', () => {
  const mounted = join(folder, 'mount/files/sample');
  for (const name of ['welcome.txt', 'picture.png', 'letters/drafts/first.md']) {
    expect(readFileSync(join(mounted, name)).equals(readFileSync(join(sample, name))), name).toBe(true);
  }
  expect(lstatSync(join(mounted, 'latest')).isSymbolicLink()).toBe(true);
  expect(readlinkSync(join(mounted, 'latest'))).toBe('letters/drafts/first.md');
  expect(execFileSync(join(mounted, 'hello.sh'), { encoding: 'utf8' })).toBe(`Hello from ${mounted}\n`);
});

test('run again, it keeps the vault', () => {
  const screen = start();
  expect(screen).not.toContain('A vault was made');
  expect(screen).toContain('Sherin is running');
});
