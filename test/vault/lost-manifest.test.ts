/** manifest.db is gone, empty, cut or rubbish: the copy of its log brings it back. */
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flip } from './damage.js';
import { Machine } from './machine.js';
import { until } from './wait.js';

const mib = 1024 * 1024;
const rebuild = '$CTL fsck --rebuild --accept-rollback --recovery-fd 3 3<recovery';
let machine: Machine;
let source: string;
/** How often the manifest was rebuilt. */
let rebuilds = 0;

/** Small files, names beyond ASCII, a link, an empty file, and one whose index has two levels. */
beforeAll(() => {
  machine = Machine.start();
  source = join(machine.home, 'source');
  mkdirSync(join(source, 'sub'), { recursive: true });
  for (let i = 0; i < 30; i++)
    writeFileSync(join(source, i % 2 ? 'sub' : '', `file ü ${i}`), randomBytes(i * 997));
  machine.shell('ln -s "sub" source/link && setfattr -n user.color -v blue "source/file ü 2"');
  writeFileSync(join(source, 'large'), randomBytes(3 * mib));
  truncateSync(join(source, 'large'), 70 * mib);
  machine.ok('put', source);
  writeFileSync(join(source, 'file ü 3'), 'another version');
  machine.ok('put', source);
});
afterAll(() => machine.end());

const database = (): string => join(machine.vault, 'manifest.db');
const log = (): string => join(machine.vault, 'log');

/** Every file byte for byte, its old versions too, and all that is stored verifies. */
function expectWhole(): void {
  const { code, out, err } = machine.shell(
    'diff -r source "$M/files/source" && cd "$M/files/source" && getfattr --only-values -n user.color "file ü 2" && $CTL verify && $CTL fsck',
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^blue/);
  expect(out).toMatch(/copy of the log: \d+ records in \d+ segments?, /);
  expect(out).toContain('manifest and disk agree');
  expect(machine.ok('log', 'files/source/sub/file ü 3').split('\n').length).toBeGreaterThan(2);
}

describe('a vault that was closed and lost its manifest', () => {
  const losses: readonly (readonly [string, () => void])[] = [
    ['removed', () => rmSync(database())],
    ['emptied', () => truncateSync(database(), 0)],
    ['cut in the middle', () => truncateSync(database(), Math.floor(readFileSync(database()).length / 2))],
    ['overwritten with rubbish', () => writeFileSync(database(), randomBytes(200_000))],
    [
      'a directory',
      () => {
        rmSync(database());
        mkdirSync(database());
      },
    ],
  ];
  it.each(losses)('%s: is rebuilt whole, with the recovery key, and on record', (_, lose) => {
    machine.ok('down');
    lose();
    machine.ok('up');
    const refused = machine.run('unlock');
    expect(refused.code).toBe(3);
    expect(refused.err).toContain('sherinctl fsck --rebuild --accept-rollback');
    const { code, out, err } = machine.shell(rebuild);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /rebuilt from the copy of its log: the vault is as it was at \d{4}-\d\d-\d\d \d\d:\d\d/,
    );
    expect(machine.shell('diff -r source "$M/files/source"')).toMatchObject({ code: 0 });
    const audit = readFileSync(join(machine.vault, 'audit/00000001.jsonl'), 'utf8').split('\n');
    expect(audit.filter((line) => line.includes('"AUDIT_MANIFEST_REBUILT"'))).toHaveLength(++rebuilds);
  });

  it('and stays so through another opening', () => {
    machine.ok('down');
    machine.ok('up');
    expectWhole();
  });

  it('with a page damaged that nothing reads at opening: is rebuilt, too', () => {
    machine.ok('down');
    // The list of versions and the tiles stand in front, records behind; every page is damaged but the first.
    const pages = Math.floor(readFileSync(database()).length / 4096);
    for (let page = 1; page < pages; page += 2) flip(database(), page * 4096 + 100);
    machine.ok('up');
    const { code, out } = machine.shell(rebuild);
    expect(code).toBe(0);
    expect(out).toMatch(/rebuilt from the copy of its log/);
    expectWhole();
  });

  it('is refused with another secret than the recovery key, and without the wish', () => {
    machine.ok('down');
    rmSync(database());
    machine.ok('up');
    writeFileSync(join(machine.home, 'wrong'), 'no such key');
    expect(machine.shell(rebuild.replace('recovery$', 'wrong').replace('3<recovery', '3<wrong')).code).toBe(
      4,
    );
    expect(machine.shell(rebuild.replace('--accept-rollback ', '')).code).toBe(2);
    expect(existsSync(database())).toBe(false);
    expect(machine.shell(rebuild).code).toBe(0);
    expectWhole();
  });

  it('leaves a manifest that is whole as it is', () => {
    const { code, out } = machine.shell(rebuild);
    expect(code).toBe(0);
    expect(out).not.toContain('rebuilt from');
  });
});

describe('a vault that was killed and lost its manifest', () => {
  it('goes back to its copy, names the minute, keeps what no record names, and takes new files', async () => {
    machine.ok('lock');
    machine.ok('unlock');
    const before = machine.cubes().length;
    writeFileSync(join(machine.home, 'late'), randomBytes(50_000));
    machine.ok('put', join(machine.home, 'late'), 'files/late');
    expect(machine.cubes().length).toBe(before + 1);
    writeFileSync(join(machine.mount, 'files/later'), 'written, not sealed');
    machine.ok('sync');
    await machine.killFs();
    rmSync(database());
    machine.ok('up');
    const { code, out } = machine.shell(rebuild);
    expect(code).toBe(0);
    expect(out).toMatch(/the vault is as it was at .* what came later is lost/);
    expect(out).toMatch(/\d+ cubes? that no version needs/);
    expect(existsSync(join(machine.mount, 'files/late'))).toBe(false);
    expect(machine.cubes().length).toBeGreaterThan(before);
    machine.ok('put', join(machine.home, 'late'), 'files/late');
    machine.ok('down');
    machine.ok('up');
    expectWhole();
    expect(readFileSync(join(machine.mount, 'files/late'))).toEqual(readFileSync(join(machine.home, 'late')));
  });
});

describe('what is in the journal alone', () => {
  it('is made once more behind a manifest that was rebuilt', async () => {
    machine.ok('lock');
    machine.ok('unlock');
    const before = readdirSync(log()).join();
    writeFileSync(join(machine.mount, 'files/unsealed'), 'written and synced');
    machine.shell('sync "$M/files/unsealed"');
    // A small segment goes once the next one, with all that it had, is durable.
    await until('the copy does not go on', () => !readdirSync(log()).join().startsWith(before));
    await machine.killFs();
    rmSync(database());
    machine.ok('up');
    expect(machine.shell(rebuild).code).toBe(0);
    expect(readFileSync(join(machine.mount, 'files/unsealed'), 'utf8')).toBe('written and synced');
  });
});

describe('the copy of the log', () => {
  it('is appended to: a session with little to say makes no copy of it all, and segments stay few', async () => {
    for (let i = 0; i < 6; i++) {
      writeFileSync(join(machine.mount, 'files/again'), `${i}`);
      await machine.call('lock', {});
      await machine.call('unlock', { slot: 'tpm' });
    }
    expect(readdirSync(log()).length).toBeLessThanOrEqual(3);
  });

  it('that is damaged is told by verify and fsck, and written anew by fsck --rebuild', () => {
    machine.ok('down');
    const [first] = readdirSync(log());
    flip(join(log(), first ?? ''), 200);
    machine.ok('up');
    // The session goes on with a new one at once where nothing of the last segment counts.
    expect(machine.run('fsck', '--rebuild').code).toBe(0);
    expectWhole();
  });

  it('holds no name and no content', () => {
    for (const name of readdirSync(log())) {
      const bytes = readFileSync(join(log(), name));
      for (const text of ['file ü', 'large', 'another version', 'blue'])
        expect(bytes.includes(text)).toBe(false);
    }
  });
});

describe('a backup without its manifest', () => {
  it('is restored and rebuilt, every file byte for byte', () => {
    const backup = join(machine.home, 'backup');
    machine.ok('backup', backup);
    rmSync(join(backup, 'manifest.db'));
    const home = join(machine.home, 'elsewhere');
    mkdirSync(join(home, 'mnt'), { recursive: true });
    const env = [
      `export SHERIN_VAULT="${home}/vault" SHERIN_MOUNT="${home}/mnt" SHERIN_RUNTIME_DIR="${home}/run"`,
      `export SHERIN_TPM_STATE="${home}/tpm" SHERIN_DAEMON_STATE="${home}/daemon" SHERIN_KNOWN_VAULTS="${home}/known"`,
      'set -e',
    ].join('\n');
    const { code, out, err } = machine.shell(
      `${env}\n$CTL restore-backup '${backup}' "$SHERIN_VAULT"\ntrap '$CTL down' EXIT\n${rebuild}\n` +
        `$CTL up --no-daemon\n$CTL verify\ndiff -r source "$SHERIN_MOUNT/files/source"`,
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('fsck --rebuild --accept-rollback');
    expect(out).toContain('rebuilt from the copy of its log');
    rmSync(home, { recursive: true });
    rmSync(backup, { recursive: true });
  });

  it('and without the copy is no backup', () => {
    const backup = join(machine.home, 'backup');
    machine.ok('backup', backup);
    rmSync(join(backup, 'manifest.db'));
    cpSync(join(backup, 'log'), join(machine.home, 'log kept'), { recursive: true });
    rmSync(join(backup, 'log'), { recursive: true });
    const { code, err } = machine.run('restore-backup', backup, join(machine.home, 'new'));
    expect(code).toBe(3);
    expect(err).toContain('its manifest is missing, and so is the copy of its log');
  });
});
