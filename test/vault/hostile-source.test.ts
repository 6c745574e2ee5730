/** Sources that can not be stored, and clients that say what no file system says: one entry fails, the others are stored. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import type { ControlParams } from '../../daemon/protocol/control.js';
import { Machine } from './machine.js';

vi.setConfig({ testTimeout: 120_000 });

let machine: Machine;
let source: string;
beforeAll(() => {
  machine = Machine.start();
  source = join(machine.home, 'source');
  mkdirSync(source);
});
afterAll(() => machine.end());

/** Directories in one another, with a file at the bottom: deeper than any path may be long. */
const deep = `
import os, sys
os.chdir(sys.argv[1])
for level in range(int(sys.argv[2])):
    os.mkdir('d' * 200); os.chdir('d' * 200)
    open('file', 'w').write(str(level))
`;

describe('a put', () => {
  it('stores a file from a time that the manifest has no number for with the nearest, and says so', () => {
    const place = join(source, 'times');
    mkdirSync(place);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(place, name), name);
    expect(spawnSync('touch', ['-d', '2400-01-01', join(place, 'b')]).status).toBe(0);
    const { code, out, err } = machine.run('put', place, 'files/times');
    expect(code).toBe(1);
    expect(err).toMatch(/b: its time before 1677 or after 2262 becomes the nearest between them/);
    expect(out).toContain('stored 3 files');
    expect(machine.shell('cat "$M"/files/times/*; stat -c %.9Y "$M/files/times/b"').out).toBe(
      'abc9223372036.854775807\n',
    );
    // It is not taken for a changed one from then on.
    expect(machine.run('put', place, 'files/times').out).toContain('3 unchanged');
    // All of it was read: what the source has no more goes.
    rmSync(join(place, 'c'));
    const mirrored = machine.run('put', '--delete', place, 'files/times');
    expect(mirrored.out).toContain('removed 1 file');
    expect(mirrored.code).toBe(1);
  });

  it('stores all but what lies deeper than a path may be long, and gives it back', () => {
    const place = join(source, 'deep');
    mkdirSync(place);
    writeFileSync(join(place, 'z'), 'after');
    expect(spawnSync('python3', ['-c', deep, place, '100']).status).toBe(0);
    const { code, out, err } = machine.run('put', place, 'files/deep');
    expect(code).toBe(1);
    expect(err).toMatch(/its path has \d+ characters, more than 16384/);
    expect(out).toContain('stored 82 files');
    const copy = join(machine.home, 'copy');
    expect(machine.run('get', 'files/deep', copy)).toMatchObject({ code: 0, err: '' });
    expect(machine.shell('find copy -type f | wc -l').out.trim()).toBe('82');
    for (const path of [place, copy]) spawnSync('rm', ['-rf', path]);
  });
});

describe('extended attributes beyond 64 KiB in all', () => {
  // tmpfs takes more than a disk's file system.
  const place = mkdtempSync('/dev/shm/sherin-test-');
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  it('are left out by a put, which names the file and each of them', () => {
    writeFileSync(join(place, 'many'), 'x');
    writeFileSync(join(place, 'other'), 'y');
    const script = `import os, sys
for number in range(8): os.setxattr(sys.argv[1], f'user.{number}', b'v' * 12000)`;
    expect(spawnSync('python3', ['-c', script, join(place, 'many')]).status).toBe(0);
    const { err, out } = machine.run('put', place, 'files/attributes');
    expect(out).toContain('stored 2 files');
    expect(err.match(/many: its extended attribute user.\d is left out/g)).toHaveLength(3);
    const names = machine.shell('getfattr --absolute-names "$M/files/attributes/many"').out;
    expect(names.match(/user\.\d/g)).toHaveLength(5);
  });
});

describe('a client', () => {
  const attributes = { kind: 'file', mode: 0o600, uid: 0, gid: 0, atime: '0', mtime: '0' } as const;
  type Entries = ControlParams<'put.entries'>['entries'];

  async function put(name: string, entries: Entries): Promise<{ outcome: string; error?: unknown }[]> {
    const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
    const fd = openSync('/etc/hostname', 'r');
    try {
      const { transfer } = await client.call('put.begin', { destination: `files/${name}` });
      const { outcomes } = await client.call('put.entries', { transfer, entries }, { fds: [fd] });
      await client.call('put.end', { transfer });
      return outcomes;
    } finally {
      client.close();
      closeSync(fd);
    }
  }

  it.each<[string, object]>([
    ['a time beyond 64 bits', { mtime: '9223372036854775808' }],
    ['a time far beyond', { atime: '-99999999999999999999' }],
    [
      'more extended attributes than a file may have',
      {
        xattrs: Array.from({ length: 6 }, (_, number) => [`user.${number}`, 'A'.repeat(16_000)]),
      },
    ],
    ['a symbolic link without target', { kind: 'symlink', fd: undefined }],
    ['an empty target', { kind: 'symlink', fd: undefined, target: '' }],
    ['a target with a zero byte', { kind: 'symlink', fd: undefined, target: 'a\0b' }],
    ['a target that is too long', { kind: 'symlink', fd: undefined, target: 't'.repeat(5000) }],
    ['a file with a target', { target: 'elsewhere' }],
    ['a directory with a target', { kind: 'directory', fd: undefined, target: 'elsewhere' }],
    [
      'an attribute twice',
      {
        xattrs: [
          ['user.a', 'aaaa'],
          ['user.a', 'bbbb'],
        ],
      },
    ],
    ['an attribute whose name is too long', { xattrs: [['user.'.padEnd(256, 'q'), 'aaaa']] }],
    ['an attribute without name', { xattrs: [['', 'aaaa']] }],
  ])('that says %s loses that entry alone', async (name, wrong) => {
    const place = name.replaceAll(' ', '-');
    const outcomes = await put(place, [
      { path: 'before', ...attributes, fd: 0 },
      { path: 'wrong', ...attributes, fd: 0, ...wrong } as Entries[number],
      { path: 'after', ...attributes, fd: 0 },
    ]);
    expect(outcomes).toMatchObject([
      { outcome: 'stored' },
      { outcome: 'failed', error: { code: 'USAGE' } },
      { outcome: 'stored' },
    ]);
    expect(machine.shell(`ls "$M/files/${place}"`).out).toBe('after\nbefore\n');
  });

  it('gets an answer that fits, though every error names a long path', async () => {
    const path = `${'n'.repeat(99)}/`.repeat(40);
    const wrong = Array.from({ length: 25 }, () => ({ path, ...attributes, fd: 0 }));
    const outcomes = await put('many', [{ path, ...attributes, kind: 'directory' }, ...wrong]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', ...wrong.map(() => 'failed')]);
  });
});
