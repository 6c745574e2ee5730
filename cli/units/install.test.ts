/** Units as files of a user: written once, looked at by systemd, removed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packagedPlaces, unitPlaces } from './places.js';
import { commandLine, commandWord, quoted } from './quote.js';
import { unitsOf } from './units.js';

const sherinctl = resolve(import.meta.dirname, '../../dist/cli/main.js');
let home: string;
const run = (vault: string, ...flags: string[]) => {
  const args = [
    sherinctl,
    'install-units',
    '--user',
    '--vault',
    join(home, vault),
    '--runtime-dir',
    home,
    ...flags,
  ];
  const env = { PATH: process.env.PATH, HOME: home, SHERIN_TPM_STATE: join(home, 'tpm') };
  return spawnSync(process.execPath, args, { encoding: 'utf8', env });
};
const folder = (): string => join(home, '.config/systemd/user');

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin units %h '));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('words come back as they were, whatever is special in a unit', () => {
  expect(quoted('a "b" %h \\')).toBe('"a \\"b\\" %%h \\\\"');
  expect(commandWord('$HOME')).toBe('"$$HOME"');
  expect(commandLine('/opt/$a/node', '$b')).toBe('"/opt/$a/node" "$$b"');
  expect(() => quoted('a\nExecStart=b')).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('the unit gets what the shell says of locking and anchors', () => {
  const env = { SHERIN_AUTO_LOCK: '15', SHERIN_ANCHOR_FILE: '/a b/heads', HOME: '/' };
  const where = {
    ...packagedPlaces,
    mountNamed: true,
    tpmState: '',
    daemonState: '',
    knownVaults: '',
    tcti: null,
  };
  const unit = unitsOf(unitPlaces(where, env), 'user').get('sherind.service');
  expect(unit).toContain('Environment="SHERIN_AUTO_LOCK=15"\nEnvironment="SHERIN_ANCHOR_FILE=/a b/heads"\n');
  expect(unit).not.toContain('HOME');
});

test('the service may use each TPM that SHERIN_TCTI may name', () => {
  const unit = unitsOf(packagedPlaces, 'system').get('sherind.service') ?? '';
  expect(unit.match(/^DeviceAllow=.*$/gm)).toEqual([
    'DeviceAllow=/dev/fuse rw',
    'DeviceAllow=char-tpm rw',
    'DeviceAllow=/dev/tpm0 rw',
  ]);
});

test('the units of the system may do little, by what systemd says of them', () => {
  // tenths of its exposure level, of which 96 is nothing hardened
  const most = { 'sherind.service': 70, 'sherin-lock-before-sleep.service': 40, 'sherin-unlock.service': 40 };
  const units = unitsOf(packagedPlaces, 'system');
  for (const [name, threshold] of Object.entries(most)) {
    const path = join(home, name);
    writeFileSync(path, units.get(name) ?? '');
    const args = ['security', '--offline=true', `--threshold=${threshold}`, path];
    const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    expect(status, stdout).toBe(0);
    rmSync(path);
  }
});

test('systemd makes no other directory of sockets than the one that is meant', () => {
  const made = (runtime: string) =>
    unitsOf({ ...packagedPlaces, runtime }, 'system')
      .get('sherind.service')
      ?.match(/^RuntimeDirectory=.*$/m)?.[0];
  expect(made('/run/sherin')).toBe('RuntimeDirectory=sherin');
  for (const runtime of ['/run/a b', '/run/a%b', '/run/a:b', '/run/..', '/run/a"b', '/srv/run'])
    expect(made(runtime), runtime).toBeUndefined();
});

test('--dry-run writes nothing', () => {
  const { stdout, status } = run('vault', '--dry-run');
  expect(status).toBe(0);
  expect(stdout).toContain('Type=notify');
  expect(() => readdirSync(folder())).toThrow('ENOENT');
});

test('written once, taken by systemd, not over those of another vault, removed', () => {
  expect(run('vault').stdout.match(/^wrote /gm)).toHaveLength(2);
  expect(run('vault').stdout).toBe('nothing to do\n');
  const units = readdirSync(folder()).map((name) => join(folder(), name));
  expect(
    spawnSync('systemd-analyze', ['--user', 'verify', '--man=no', ...units], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: home },
    }).stderr,
  ).toBe('');
  expect(readFileSync(join(folder(), 'sherind.service'), 'utf8')).toContain('SHERIN_TPM_STATE=');
  expect(run('other')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('belongs to another vault'),
  });
  expect(run('vault', '--remove').stdout.match(/^removed /gm)).toHaveLength(2);
  expect(readdirSync(folder())).toEqual([]);
});
