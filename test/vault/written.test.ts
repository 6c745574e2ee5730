/** What programs have written, through lock, crash and a look at the disk. */
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Machine } from './machine.js';

vi.setConfig({ testTimeout: 120_000 });

let machine: Machine;
const at = (name: string): string => join(machine.mount, 'files', name);

beforeAll(() => {
  machine = Machine.start();
});
afterAll(() => machine.end());

/** The kernel may still close it, or say that nobody is there. */
function closeDead(file: number): void {
  try {
    closeSync(file);
  } catch (error) {
    expect(String(error)).toMatch(/ENOTCONN|ECONNABORTED|EIO/);
  }
}

/** Writes two ranges of a file, one of them through a mapping, locks while both are open, and goes on after unlock. */
const mapped = `
import mmap, os, subprocess, sys
path, *ctl = sys.argv[1:]
file = os.open(path, os.O_RDWR)
os.pwrite(file, b'written', 100_000)
pages = mmap.mmap(file, 300_000)
pages[200_000:200_006] = b'mapped'
for command in ('lock', 'unlock'): subprocess.run([*ctl, command], check=True, stdout=subprocess.DEVNULL)
os.pwrite(file, b'later', 250_000)
os.close(file)
`;

it('is there after lock and unlock, pages of a mapping included, and handles go on', () => {
  writeFileSync(at('mapped'), Buffer.alloc(300_000, 'a'));
  writeFileSync(join(machine.home, 'mapped.py'), mapped);
  expect(machine.shell(`python3 mapped.py $M/files/mapped $CTL`)).toMatchObject({ code: 0, err: '' });
  const expected = Buffer.alloc(300_000, 'a');
  for (const [text, offset] of [
    ['written', 100_000],
    ['mapped', 200_000],
    ['later', 250_000],
  ] as const)
    expected.write(text, offset);
  expect(readFileSync(at('mapped')).equals(expected)).toBe(true);
});

it('is there after a kill once it was synced, in the order in which it was made', async () => {
  const big = Buffer.alloc(40_000_000, 'many bytes ');
  const file = openSync(at('synced'), 'w');
  writeSync(file, 'first');
  fsyncSync(file);
  writeFileSync(at('renamed.tmp'), 'whole');
  renameSync(at('renamed.tmp'), at('renamed'));
  mkdirSync(at('made'));
  writeFileSync(at('made/big'), big);
  writeSync(file, ' and second');
  fsyncSync(file);
  writeSync(file, ' and what nobody asked to keep');
  const { fsPid } = machine;
  process.kill(fsPid, 'SIGKILL');
  closeDead(file);
  machine.ok('up');
  expect(readFileSync(at('synced'), 'utf8')).toBe('first and second');
  expect(readFileSync(at('renamed'), 'utf8')).toBe('whole');
  expect(readFileSync(at('made/big')).equals(big)).toBe(true);
  expect(() => statSync(at('renamed.tmp'))).toThrow('ENOENT');
  expect(machine.ok('verify')).toMatch(/: 0 failures\n$/);
  expect(machine.ok('fsck', '--remove-orphans')).toBeDefined();
  expect(machine.run('fsck')).toMatchObject({ code: 0 });
});

it('stays with a program that has it open when sherinctl removes it, and keeps no vault from opening', async () => {
  writeFileSync(at('removed'), 'first');
  writeFileSync(at('read'), 'to be read');
  const file = openSync(at('removed'), 'r+');
  const reader = openSync(at('read'), 'r');
  writeSync(file, 'SECOND', 0);
  fsyncSync(file);
  writeSync(file, ' and third', 6);
  await machine.call('remove', { paths: ['files/removed', 'files/read'] });
  expect(fstatSync(file)).toMatchObject({ nlink: 0, size: 16 });
  expect(fstatSync(reader)).toMatchObject({ nlink: 0, size: 10 });
  fchmodSync(file, 0o600);
  writeSync(file, 'fourth', 0);
  fsyncSync(file);
  const bytes = Buffer.alloc(32);
  expect(bytes.toString('utf8', 0, readSync(file, bytes, 0, 32, 0))).toBe('fourth and third');
  expect(bytes.toString('utf8', 0, readSync(reader, bytes, 0, 32, 0))).toBe('to be read');
  machine.ok('sync');
  const { fsPid } = machine;
  process.kill(fsPid, 'SIGKILL');
  closeDead(file);
  closeDead(reader);
  machine.ok('up');
  expect(() => statSync(at('removed'))).toThrow('ENOENT');
  expect(machine.ok('cat', 'files/removed@2')).toBe('SECOND and third');
  expect(machine.run('fsck')).toMatchObject({ code: 0 });
});

it('is gone when it is destroyed, though a program writes to it', () => {
  writeFileSync(at('destroyed'), 'a secret');
  machine.ok('sync');
  const file = openSync(at('destroyed'), 'r+');
  writeSync(file, 'another secret', 0);
  expect(machine.ok('destroy', '--yes', 'files/destroyed')).toMatch(
    /^destroyed 1 file and 2 versions: 2 cubes, /,
  );
  expect(() => writeSync(file, 'more', 0)).toThrow('ENOENT');
  expect(() => readSync(file, Buffer.alloc(8), 0, 8, 0)).toThrow('ENOENT');
  closeSync(file);
  expect(machine.run('fsck')).toMatchObject({ code: 0 });
});

it('is nowhere on the disk as it is', () => {
  const words = 'this sentence is in the vault alone';
  writeFileSync(at('secret'), words.repeat(3_000));
  const open = openSync(at('secret-open'), 'w');
  writeSync(open, words.repeat(3_000));
  fsyncSync(open);
  machine.ok('sync');
  expect(machine.shell(`grep -rlaF '${words}' $V; grep -rlaF secret-open $V`)).toMatchObject({
    code: 1,
    out: '',
  });
  machine.ok('snapshot');
  expect(machine.shell(`grep -rlaF '${words}' $V`)).toMatchObject({ code: 1, out: '' });
  closeSync(open);
});

it('leaves no journal behind a clean stop', () => {
  machine.ok('down');
  expect(machine.shell('ls -A $V/journal').out).toBe('');
  machine.ok('up');
  expect(readFileSync(at('synced'), 'utf8')).toBe('first and second');
});
