/** Things that someone with access to the vault's disk puts where sherin-fs expects files of its own. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Machine } from './machine.js';

vi.setConfig({ testTimeout: 240_000 });

let machine: Machine;
let source: string;
/** Cubes of its two files. */
let first: string;
let second: string;

beforeAll(() => {
  machine = Machine.start();
  source = join(machine.home, 'source');
  mkdirSync(source);
  for (const name of ['a', 'b']) writeFileSync(join(source, name), randomBytes(200_000));
});
afterAll(() => machine.end());

function quarantined(cube: string): string {
  return join(machine.vault, 'quarantine', basename(cube));
}

function makeFifo(path: string): void {
  execFileSync('mkfifo', [path]);
}

function reopen(): void {
  machine.ok('lock');
  machine.ok('unlock');
}

describe('in the place of a cube', () => {
  beforeEach(() => {
    machine.ok('put', '--checksum', source, 'files/d');
    machine.run('quarantine', 'restore', 'all');
    expect(machine.run('verify')).toMatchObject({ code: 0 });
    [first, second] = machine.cubes().sort() as [string, string];
  });

  it('a FIFO is refused, and shredding it does not wait for a reader', () => {
    rmSync(first);
    makeFifo(first);
    expect(machine.run('verify').code).toBe(3);
    expect(machine.run('quarantine', 'purge', 'all', '--yes', '--shred')).toMatchObject({ code: 0 });
    expect(existsSync(quarantined(first))).toBe(false);
  });

  it('another file’s second name is quarantined, but its bytes are not overwritten', () => {
    const other = join(machine.home, 'other');
    writeFileSync(other, 'precious');
    rmSync(first);
    linkSync(other, first);
    expect(machine.run('verify').code).toBe(3);
    expect(machine.run('quarantine', 'purge', 'all', '--yes', '--shred').err).toContain('has other names');
    expect(readFileSync(other, 'utf8')).toBe('precious');
    machine.ok('quarantine', 'purge', 'all', '--yes');
    expect(existsSync(quarantined(first))).toBe(false);
    expect(readFileSync(other, 'utf8')).toBe('precious');
  });

  it('a directory is quarantined and purged, and keeps no import from writing the cube', () => {
    for (const before of [false, true]) {
      rmSync(first);
      mkdirSync(join(first, 'inside'), { recursive: true });
      if (before) machine.ok('put', '--checksum', source, 'files/d');
      else expect(machine.run('verify').code).toBe(3);
      machine.ok('quarantine', 'purge', 'all', '--yes');
      expect(existsSync(quarantined(first))).toBe(false);
      machine.ok('put', '--checksum', source, 'files/d');
      expect(machine.run('verify').code).toBe(0);
    }
  });

  it('a link for the folder of cubes, or a file, hides no other failure from verify', () => {
    for (const replace of [
      (folder: string, away: string) => symlinkSync(away, folder),
      (folder: string) => writeFileSync(folder, ''),
    ]) {
      const folder = dirname(first);
      const away = join(machine.home, 'away');
      const kept = readFileSync(second);
      writeFileSync(second, Buffer.concat([kept.subarray(0, 5000), Buffer.from('x'), kept.subarray(5001)]));
      renameSync(folder, away);
      replace(folder, away);
      reopen();
      const { code, out } = machine.run('verify');
      expect(code).toBe(3);
      expect(out).toContain('2 failures');
      rmSync(folder);
      renameSync(away, folder);
      writeFileSync(second, kept);
      machine.ok('quarantine', 'restore', 'all');
      expect(machine.run('verify').code).toBe(0);
    }
  });

  it('the good cube itself, put back by hand, is found by restore', () => {
    const kept = readFileSync(first);
    writeFileSync(first, 'nothing');
    expect(machine.run('verify').code).toBe(3);
    writeFileSync(first, kept);
    machine.ok('quarantine', 'restore', 'all');
    expect(machine.run('verify').code).toBe(0);
    rmSync(quarantined(first), { force: true });
  });
});

describe('around the cubes', () => {
  it('what stands among the unfinished ones, or no folder for them, keeps no vault from opening', () => {
    machine.ok('down');
    const unfinished = join(machine.vault, 'cubes/tmp');
    mkdirSync(join(unfinished, 'a/b'), { recursive: true });
    makeFifo(join(unfinished, 'c'));
    machine.ok('up');
    expect(machine.unfinished()).toEqual([]);
    machine.ok('down');
    rmSync(unfinished, { recursive: true });
    machine.ok('up');
    machine.ok('put', source, 'files/e');
  });

  it('files and links in the place of folders are no folders to scrub', () => {
    makeFifo(join(machine.vault, 'cubes/yy'));
    symlinkSync('/', join(machine.vault, 'cubes/zz'));
    expect(machine.run('scrub')).toMatchObject({ code: 0, err: '' });
  });
});

describe('in the audit log', () => {
  /** Runs `damage` on the vault at rest, and undoes it after `check`. */
  function whileBroken(damage: (audit: string) => void, check: () => void): void {
    const audit = join(machine.vault, 'audit');
    const kept = join(machine.home, 'audit');
    machine.ok('down');
    cpSync(audit, kept, { recursive: true });
    damage(audit);
    machine.ok('up');
    check();
    machine.ok('down');
    rmSync(audit, { recursive: true });
    cpSync(kept, audit, { recursive: true });
    rmSync(kept, { recursive: true });
    machine.ok('up');
    machine.ok('ls');
  }

  it('a FIFO or a file of terabytes in the place of a segment is told at once', () => {
    whileBroken(
      (audit) => makeFifo(join(audit, '00000002.jsonl')),
      () => expect(machine.run('ls').err).toContain('00000002.jsonl is not a file'),
    );
    whileBroken(
      (audit) => truncateSync(join(audit, '00000001.jsonl'), 2 ** 42),
      () => expect(machine.run('ls').err).toContain('00000001.jsonl is too large'),
    );
  });

  it('a link in the place of the log is refused, and nothing is removed where it leads', () => {
    const other = join(machine.home, 'elsewhere');
    whileBroken(
      (audit) => {
        renameSync(audit, other);
        writeFileSync(join(other, 'next.tmp'), 'precious');
        symlinkSync(other, audit);
      },
      () => expect(machine.run('ls').err).toContain('audit/ is a link'),
    );
    expect(readFileSync(join(other, 'next.tmp'), 'utf8')).toBe('precious');
  });

  it('a link in the place of pending records is taken for a malformed one', () => {
    const other = join(machine.home, 'pending');
    writeFileSync(other, 'precious');
    machine.ok('down');
    rmSync(join(machine.vault, 'audit/pending.jsonl'), { force: true });
    symlinkSync(other, join(machine.vault, 'audit/pending.jsonl'));
    machine.ok('up');
    machine.ok('ls');
    expect(readFileSync(other, 'utf8')).toBe('precious');
  });

  it('another file’s second name in the place of its reserve neither grows nor shrinks', () => {
    const other = join(machine.home, 'reserved');
    writeFileSync(other, 'precious');
    machine.ok('down');
    rmSync(join(machine.vault, 'audit/reserve'));
    linkSync(other, join(machine.vault, 'audit/reserve'));
    machine.ok('up');
    machine.ok('ls');
    expect(readFileSync(other, 'utf8')).toBe('precious');
  });

  it('the records of a session that only read can not be cut off after it', () => {
    const audit = join(machine.vault, 'audit');
    const kept = join(machine.home, 'before');
    writeFileSync(join(machine.home, 'read'), 'content');
    machine.ok('put', join(machine.home, 'read'), 'files/read');
    machine.ok('down');
    cpSync(audit, kept, { recursive: true });
    machine.ok('up');
    machine.ok('cat', 'files/read');
    machine.ok('down');
    const whole = join(machine.home, 'whole');
    renameSync(audit, whole);
    cpSync(kept, audit, { recursive: true });
    machine.ok('up');
    expect(machine.run('ls')).toMatchObject({ code: 3 });
    expect(machine.run('why').out).toContain('the audit log has');
    machine.ok('down');
    rmSync(audit, { recursive: true });
    renameSync(whole, audit);
    machine.ok('up');
    expect(machine.run('audit', 'verify').code).toBe(0);
  });
});
