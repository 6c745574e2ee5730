import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Machine } from './machine.js';
import { endSmallDisk, startOnSmallDisk } from './small-disk.js';

let machine: Machine;

beforeAll(() => {
  machine = startOnSmallDisk(48);
  writeFileSync(join(machine.mount, 'files/kept'), 'kept');
  machine.ok('down');
  remount('ro');
});
afterAll(() => {
  remount('rw');
  endSmallDisk(machine);
});

function remount(how: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${how}`, machine.vault]);
}

it('a vault on a disk that is mounted read-only says so, and opens once it is mounted for writing', () => {
  const readOnly = {
    code: 1,
    err: expect.stringContaining(`${machine.vault} is on a file system that is mounted read-only`),
  };
  machine.ok('up');
  expect(machine.run('unlock')).toMatchObject(readOnly);
  expect(machine.shell('cat "$M/files/kept"')).toMatchObject({ code: 1, out: '' });
  expect(machine.run('why').out).toContain('is on a file system that is mounted read-only');
  const backup = join(machine.home, 'backup');
  expect(machine.run('backup', backup)).toMatchObject(readOnly);
  machine.ok('down');
  machine.ok('backup', backup);
  remount('rw');
  machine.ok('up');
  expect(machine.shell('cat "$M/files/kept"')).toMatchObject({ code: 0, out: 'kept' });
});
