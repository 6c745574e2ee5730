import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';

let machine: Machine;

/** The vault as it stood with one file, with two, and with three: directories beside it. */
beforeAll(() => {
  machine = Machine.start();
  for (const name of ['one', 'two', 'three']) {
    machine.run('up');
    writeFileSync(join(machine.home, `file-${name}`), name);
    machine.ok('put', join(machine.home, `file-${name}`), `files/${name}`);
    machine.ok('down');
    cpSync(machine.vault, join(machine.home, name), { recursive: true, preserveTimestamps: true });
  }
});
afterAll(() => machine.end());

/** Puts back the vault, or files of it, as they were; sherin-fs must be down. */
function putBack(name: string, part = ''): void {
  rmSync(join(machine.vault, part), { recursive: true, force: true });
  cpSync(join(machine.home, name, part), join(machine.vault, part), {
    recursive: true,
    preserveTimestamps: true,
  });
}

function expectRefused(sentence: RegExp, exit: number): void {
  machine.ok('up');
  expect(machine.shell('cat "$M/files/one"')).toMatchObject({ code: 1, out: '' });
  const { code, err } = machine.run('unlock');
  expect(err).toMatch(sentence);
  expect(err.split('\n')).toHaveLength(2);
  expect(code).toBe(exit);
  expect(machine.ok('why')).toContain('sherinctl up --accept-rollback');
  machine.ok('down');
}

function listed(): string {
  return machine.shell('ls "$M/files"').out.trim().replaceAll('\n', ' ');
}

describe('an older copy of the whole vault', () => {
  it('is refused for what this machine saw, and without that for what the TPM counted', () => {
    putBack('two');
    expectRefused(/its log has \d+ records, one of \d+ was seen before/, 3);
    rmSync(join(machine.home, 'known'), { recursive: true });
    expectRefused(/the newest head is of count \d+, the TPM counts \d+/, 3);
  });

  it('opens on purpose only, with the recovery key, and the audit log says so', () => {
    expect(machine.run('up', '--accept-rollback')).toMatchObject({ code: 2 });
    machine.ok('up');
    const pretended = machine.shell('$CTL unlock --accept-rollback --recovery-fd 3 3<file-one');
    expect(pretended.code).toBe(4);
    expect(machine.shell('$CTL unlock --recovery-fd 3 3<recovery').code).toBe(3);
    expect(machine.shell('$CTL up --no-daemon --accept-rollback --recovery-fd 3 3<recovery').code).toBe(0);
    expect(listed()).toBe('one two');
    const tail = machine.ok('audit', 'tail');
    expect(tail).toMatch(/AUDIT_UNLOCK_REFUSED .*"code":"ROLLBACK"/);
    expect(tail).toMatch(/AUDIT_UNLOCK .*"override":"ROLLBACK"/);
    machine.ok('down');
    machine.ok('up');
    expect(listed()).toBe('one two');
    expect(machine.run('verify').code).toBe(0);
    machine.ok('down');
    cpSync(machine.vault, join(machine.home, 'accepted'), { recursive: true, preserveTimestamps: true });
  });

  it('once accepted, shuts out what was the newest before', () => {
    putBack('three');
    expectRefused(/^sherinctl: (the vault was put back|the TPM counter of this vault is lost)/, 3);
    putBack('accepted');
    machine.ok('up');
    expect(listed()).toBe('one two');
    machine.ok('down');
  });
});

describe('a write-ahead log that was cut', () => {
  it('is refused, and with all of it the vault opens', async () => {
    machine.ok('up');
    const database = join(machine.vault, 'manifest.db');
    const wal = `${database}-wal`;
    machine.ok('put', join(machine.home, 'file-three'), 'files/first');
    const before = readFileSync(wal);
    machine.ok('put', join(machine.home, 'file-three'), 'files/second');
    await machine.killFs();
    const whole = readFileSync(wal);
    const main = readFileSync(database);
    expect(whole.length).toBeGreaterThan(before.length);
    for (const cut of [before, whole.subarray(0, whole.length / 2), whole.subarray(0, -1), Buffer.alloc(0)]) {
      writeFileSync(database, main);
      writeFileSync(wal, cut);
      machine.ok('up');
      const { code, err } = machine.run('unlock');
      expect(err).toMatch(/put back to an older state: its log has \d+ records, one of \d+ was seen before/);
      expect(code).toBe(3);
      await machine.killFs();
    }
    writeFileSync(database, main);
    writeFileSync(wal, whole);
    machine.ok('up');
    expect(listed()).toBe('first one second two');
    expect(machine.run('verify').code).toBe(0);
    machine.ok('down');
  });
});

describe('vault.json', () => {
  const path = (): string => join(machine.vault, 'vault.json');
  const good = (): string => readFileSync(join(machine.vault, 'vault.json.bak'), 'utf8');
  const malformed: readonly (readonly [string, () => void])[] = [
    ['empty', () => writeFileSync(path(), '')],
    ['cut', () => writeFileSync(path(), good().slice(0, -1))],
    ['garbage', () => writeFileSync(path(), Buffer.alloc(5000, 0xa7))],
    ['huge', () => writeFileSync(path(), ' '.repeat(70_000))],
    ['a directory', () => mkdirSync(path())],
    ['a link', () => symlinkSync('vault.json.bak', path())],
    ['with another member', () => writeFileSync(path(), good().replace('{', '{"a":1,'))],
  ];
  it.each(malformed)('that is %s is refused by up in one line', (_, spoil) => {
    const bytes = good();
    rmSync(path());
    spoil();
    const { code, err } = machine.run('up');
    expect(err).toMatch(
      /^sherinctl: the vault header \S+\/vault\.json is malformed: [^\n]+--header-backup\n$/,
    );
    expect(code).toBe(3);
    rmSync(path(), { recursive: true });
    writeFileSync(path(), bytes);
  });

  it('damaged or gone, opens by its copy on purpose', () => {
    const bytes = readFileSync(path());
    for (const spoil of [() => writeFileSync(path(), 'x'), () => rmSync(path())]) {
      spoil();
      expect(machine.run('up').code).not.toBe(0);
      expect(machine.run('why').out).toContain('next: sherinctl up --header-backup\n');
      machine.ok('up', '--header-backup');
      // It is whole again: the next start needs no flag.
      expect(readFileSync(path()).equals(bytes)).toBe(true);
      expect(listed()).toBe('first one second two');
      machine.ok('down');
      machine.ok('up');
      expect(listed()).toBe('first one second two');
      machine.ok('down');
    }
  });

  it('edited or of an older state is refused once a key has opened it', () => {
    const bytes = readFileSync(path());
    const edited = bytes.toString().replace('"pad":"4k"', '"pad":"cube"');
    for (const [text, sentence] of [
      [edited, /^sherinctl: the vault header \S+ is not the one that was signed/],
      [
        readFileSync(join(machine.home, 'one/vault.json')),
        /^sherinctl: the vault header has generation 1, the manifest was signed under 2/,
      ],
    ] as const) {
      writeFileSync(path(), text);
      machine.ok('up');
      for (const line of ['$CTL unlock', '$CTL unlock --accept-rollback --recovery-fd 3 3<recovery']) {
        const { code, err } = machine.shell(line);
        expect(err).toMatch(sentence);
        expect(code).toBe(3);
      }
      machine.ok('down');
    }
    writeFileSync(path(), bytes);
    machine.ok('up');
    expect(listed()).toBe('first one second two');
    machine.ok('down');
  });
});

describe('another vault at the path of a known one', () => {
  it('is refused by up, which names the file that knows', () => {
    const other = Machine.startOther();
    other.ok('down');
    rmSync(machine.vault, { recursive: true });
    cpSync(other.vault, machine.vault, { recursive: true });
    other.end();
    const { code, err } = machine.run('up');
    expect(err).toMatch(
      /^sherinctl: the vault at \S+ is not the one this machine knows: known there is [^\n]+known_vaults\n$/,
    );
    expect(code).toBe(3);
    expect(existsSync(join(machine.home, 'run/sherin-fs.sock'))).toBe(false);
  });
});
