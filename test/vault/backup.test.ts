import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { gone } from './wait.js';

const mib = 1024 * 1024;
let machine: Machine;
let source: string;
let backup: string;
beforeAll(() => {
  machine = Machine.start();
  source = join(machine.home, 'src');
  backup = join(machine.home, 'backup');
  mkdirSync(join(source, 'folder'), { recursive: true });
  writeFileSync(join(source, 'large'), randomBytes(5 * mib + 123));
  writeFileSync(join(source, 'folder/empty'), '');
  for (let i = 0; i < 40; i++) writeFileSync(join(source, 'folder', `file ${i}`), randomBytes(i * 97));
  machine.ok('put', source, 'files/src');
});
afterAll(() => machine.end());

interface Result {
  readonly total: number;
  readonly copied: number;
  readonly failed: number;
  readonly pruned: number;
  readonly replaced: number;
}

function run(...flags: string[]): Result {
  return JSON.parse(machine.ok('backup', '--json', ...flags, backup)) as Result;
}

function cubesOf(vault: string): string[] {
  const folders = readdirSync(join(vault, 'cubes')).filter((name) => name.length === 2);
  return folders.flatMap((name) => readdirSync(join(vault, 'cubes', name)));
}

let restored = 0;

/** Restores the backup, opens it with the recovery key alone, as another machine would, and compares every file. */
function expectWhole(original = source, at = 'files/src'): void {
  const home = join(machine.home, `restored ${++restored}`);
  const env = [
    `export SHERIN_VAULT="${home}/vault" SHERIN_MOUNT="${home}/mnt" SHERIN_RUNTIME_DIR="${home}/run"`,
    `export SHERIN_TPM_STATE="${home}/tpm" SHERIN_DAEMON_STATE="${home}/daemon" SHERIN_KNOWN_VAULTS="${home}/known"`,
    'set -e',
  ].join('\n');
  mkdirSync(join(home, 'mnt'), { recursive: true });
  const { code, out, err } = machine.shell(
    `${env}\n$CTL restore-backup '${backup}' "$SHERIN_VAULT"\n$CTL up --no-daemon --accept-rollback --recovery-fd 3 3<recovery\n` +
      `trap '$CTL down' EXIT\n$CTL verify\n$CTL fsck\n$CTL audit verify\ndiff -r '${original}' "$SHERIN_MOUNT/${at}"\n$CTL get '${at}' '${home}/out'\ndiff -r '${original}' '${home}/out'`,
  );
  expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining('differ') });
  expect(out).toContain('manifest and disk agree');
  expect(out).toContain('this machine does not remember the vault');
  rmSync(home, { recursive: true, force: true });
}

describe('a backup', () => {
  it('opens elsewhere with the recovery key alone, and holds every file byte for byte', () => {
    const first = run();
    expect(first).toMatchObject({ total: 45, copied: 45, failed: 0 });
    expect(statSync(backup).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(machine.vault)).includes('backup.tmp')).toBe(false);
    expectWhole();
  }, 120_000);

  it('copies what is new only, and is made while the vault is locked, or while nothing runs', () => {
    writeFileSync(join(source, 'second'), randomBytes(1000));
    machine.ok('put', source, 'files/src');
    machine.ok('lock');
    expect(run()).toMatchObject({ total: 46, copied: 1, failed: 0 });
    machine.ok('unlock');
    writeFileSync(join(source, 'third'), randomBytes(1000));
    machine.ok('put', source, 'files/src');
    machine.ok('down');
    expect(run()).toMatchObject({ total: 47, copied: 1, failed: 0 });
    expectWhole();
    machine.ok('up');
    expect(machine.ok('audit', 'tail', '-n', '50')).toContain('AUDIT_BACKUP_DONE');
  }, 120_000);

  it('holds what only the write-ahead log has after a crash', async () => {
    writeFileSync(join(source, 'fourth'), randomBytes(1000));
    machine.ok('put', source, 'files/src');
    await machine.killFs();
    expect(statSync(join(machine.vault, 'manifest.db-wal')).size).toBeGreaterThan(0);
    expect(run()).toMatchObject({ copied: 1, failed: 0 });
    expect(existsSync(join(backup, 'manifest.db-wal'))).toBe(false);
    expectWhole();
    machine.ok('up');
  }, 120_000);

  it('of a moment in an import is whole', async () => {
    const many = join(machine.home, 'many');
    mkdirSync(many);
    for (let i = 0; i < 300; i++) writeFileSync(join(many, `${i}`), randomBytes(200_000));
    const put = machine.begin('put', many, 'files/many');
    for (let i = 0; i < 3; i++) {
      await sleep(50);
      run();
    }
    expect((await put.outcome).code).toBe(0);
    expectWhole();
    run();
    expectWhole(many, 'files/many');
  }, 240_000);

  it('that is killed is the older one still, and goes on', async () => {
    const keep = join(machine.home, 'kept');
    cpSync(backup, keep, { recursive: true });
    const manifest = readFileSync(join(backup, 'manifest.db'));
    const more = join(machine.home, 'more');
    mkdirSync(more);
    for (let i = 0; i < 400; i++) writeFileSync(join(more, `${i}`), randomBytes(100_000));
    machine.ok('put', more, 'files/more');
    for (const milliseconds of [150, 250, 350]) {
      const begun = machine.begin('backup', backup);
      await sleep(milliseconds);
      const found = machine.shell(`pgrep -f 'fs/main.js backup .*${machine.home}/backup'`).out.trim();
      for (const pid of found.split('\n').filter(Boolean).map(Number)) {
        process.kill(pid, 'SIGKILL');
        await gone(pid);
      }
      await begun.outcome;
      if (!readFileSync(join(backup, 'manifest.db')).equals(manifest)) break;
      expectWhole();
    }
    run();
    expectWhole(more, 'files/more');
    expect(readdirSync(join(backup, 'cubes/tmp'))).toEqual([]);
    rmSync(keep, { recursive: true });
  }, 300_000);

  it('never takes a cube that does not verify, and keeps the good copy that it has', () => {
    const [name = ''] = cubesOf(backup);
    const place = join('cubes', name.slice(0, 2), name);
    const good = readFileSync(join(machine.vault, place));
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(4200) ^ 1, 4200);
    writeFileSync(join(machine.vault, place), bad);
    expect(run()).toMatchObject({ copied: 0, failed: 0 });
    rmSync(join(backup, place));
    const { code, out } = machine.run('backup', '--json', backup);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({
      failed: 1,
      failures: [{ cube: basename(name, '.cube'), fault: 'root' }],
    });
    expect(existsSync(join(backup, place))).toBe(false);
    const { code: restoring } = machine.run('restore-backup', backup, join(machine.home, 'partial'));
    expect(restoring).toBe(0);
    writeFileSync(join(machine.vault, place), good);
    expect(run()).toMatchObject({ copied: 1, failed: 0 });
    // One that went bad in the backup itself.
    writeFileSync(join(backup, place), bad);
    expect(run()).toMatchObject({ copied: 0 });
    expect(machine.run('restore-backup', backup, join(machine.home, 'bad')).code).toBe(3);
    expect(run('--recheck')).toMatchObject({ copied: 1, replaced: 1 });
    expectWhole();
  }, 120_000);

  it('says which cubes it lacks as they are in quarantine, unless it has them from before', () => {
    expect(run()).toMatchObject({ failed: 0 });
    const [name = ''] = cubesOf(machine.vault);
    const place = join(machine.vault, 'cubes', name.slice(0, 2), name);
    const good = readFileSync(place);
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(4200) ^ 1, 4200);
    writeFileSync(place, bad);
    expect(machine.run('verify')).toMatchObject({ code: 3 });
    expect(existsSync(place)).toBe(false);
    expect(run()).toMatchObject({ failed: 0 });
    const { code, out } = machine.run('backup', '--json', join(machine.home, 'lacking'));
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({
      failed: 1,
      failures: [{ cube: basename(name, '.cube'), fault: 'quarantined' }],
    });
    expect(machine.ok('fsck', '--repair', '--from', backup)).toContain('taken from the backup');
    expect(machine.run('backup', '--json', join(machine.home, 'lacking')).code).toBe(0);
  });

  it('gives up on request what no version needs, and never what the vault has lost', () => {
    const stray = `${'a'.repeat(52)}.cube`;
    const [name = ''] = cubesOf(machine.vault);
    const place = join('cubes', name.slice(0, 2), name);
    mkdirSync(join(backup, 'cubes/aa'), { recursive: true });
    copyFileSync(join(backup, place), join(backup, 'cubes/aa', stray));
    rmSync(join(machine.vault, place));
    expect(run()).toMatchObject({ pruned: 0 });
    expect(run('--prune')).toMatchObject({ pruned: 1 });
    expect(cubesOf(backup)).not.toContain(stray);
    expect(existsSync(join(backup, place))).toBe(true);
    expect(machine.run('fsck').code).toBe(3);
    expect(machine.ok('fsck', '--repair', '--from', backup)).toContain('taken from the backup');
    machine.ok('lock');
    expect(machine.run('backup', '--prune', backup).code).toBe(4);
    machine.ok('unlock');
    machine.ok('verify');
  });

  it('goes nowhere else than into an empty directory or over one of the same vault', () => {
    const other = join(machine.home, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'mine'), 'mine');
    expect(machine.run('backup', other)).toMatchObject({ code: 1 });
    expect(machine.run('backup', other).err).toContain('can not take the backup: it holds other files');
    for (const place of [machine.vault, join(machine.vault, 'cubes'), machine.home]) {
      const { code, err } = machine.run('backup', place);
      expect(code).toBe(1);
      expect(err).toContain(`no copy of a vault goes to ${place}: `);
    }
    expect(readdirSync(other)).toEqual(['mine']);
    expect(machine.run('restore-backup', backup, other)).toMatchObject({ code: 1 });
    expect(machine.run('restore-backup', other, join(machine.home, 'none')).code).toBe(3);
    machine.ok('fsck');
  });
});
