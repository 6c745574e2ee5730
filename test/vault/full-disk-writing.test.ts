/** Programs that write until the disk of the vault is full: what they remove gives its room back, what was durable stays. */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Machine } from './machine.js';
import { endSmallDisk, startOnSmallDisk } from './small-disk.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const mib = 1024 * 1024;
let machine: Machine;

beforeEach(() => {
  machine = startOnSmallDisk(80);
});
afterEach(() => {
  endSmallDisk(machine);
});

/** Writes a file MiB by MiB, each durable before the next, until there is no space; removes it before or after the close, or keeps it. Prints what was durable. */
const filler = `
import errno, os, random, sys
path, most, then = sys.argv[1], int(sys.argv[2]), sys.argv[3]
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
done = 0
try:
    while done < most:
        os.write(fd, random.Random(done).randbytes(1 << 20)); os.fsync(fd)
        done += 1
except OSError as error: print(errno.errorcode[error.errno], file=sys.stderr)
if then == 'unlinked': os.unlink(path)
try: os.close(fd)
except OSError as error: print(errno.errorcode[error.errno], file=sys.stderr)
if then == 'removed': os.unlink(path)
print(done)
`;

/** Prints the number of MiB at the beginning of a file that are as they were written. */
const checker = `
import random, sys
done = 0
with open(sys.argv[1], 'rb') as file:
    while done < int(sys.argv[2]) and file.read(1 << 20) == random.Random(done).randbytes(1 << 20): done += 1
print(done)
`;

/** Writes files of one size, each durable before the next, until there is no space. Prints how many were. */
const many = `
import errno, os, random, sys
folder, first, most, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
done = first
try:
    while done < first + most:
        fd = os.open(f'{folder}/f{done}', os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(fd, random.Random(done).randbytes(size)); os.fsync(fd)
        finally: os.close(fd)
        done += 1
except OSError as error: print(errno.errorcode[error.errno], file=sys.stderr)
print(done)
`;

function python(script: string, ...args: readonly (string | number)[]): { out: number; err: string[] } {
  const { stdout, stderr } = spawnSync('python3', ['-c', script, ...args.map(String)], { encoding: 'utf8' });
  return { out: Number(stdout), err: stderr.split('\n').filter(Boolean) };
}
const at = (name: string): string => join(machine.mount, 'files', name);
const fill = (name: string, most: number, then = 'kept'): ReturnType<typeof python> =>
  python(filler, at(name), most, then);
const intact = (name: string, count: number): number => python(checker, at(name), count).out;

function free(): number {
  const { bavail, bsize } = statfsSync(machine.vault);
  return bavail * bsize;
}
/** Has others fill the disk but for so many bytes. */
function fillDisk(left: number): void {
  writeFileSync(join(machine.vault, 'filler'), Buffer.alloc(Math.max(0, free() - left)));
}
function writeDurable(name: string, bytes: Buffer): void {
  const fd = openSync(at(name), 'w');
  try {
    writeSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
const small = (seed: string): Buffer =>
  Buffer.from(createHash('sha512').update(seed).digest('hex').repeat(64));

/** Stops and starts: nothing may be left unsealed. */
function restart(): void {
  machine.ok('down');
  expect(readdirSync(join(machine.vault, 'journal'))).toEqual([]);
  machine.ok('up');
}
function expectSound(): void {
  expect(machine.run('verify')).toMatchObject({ code: 0 });
  expect(machine.run('fsck')).toMatchObject({ code: 0 });
}

describe('a disk that others fill to the last MiB', () => {
  it('takes the removal of a file that was never sealed', () => {
    writeDurable('kept', small('kept'));
    writeFileSync(at('large'), randomBytes(24 * mib));
    fillDisk(mib);
    rmSync(at('large'));
    restart();
    expect(readdirSync(join(machine.mount, 'files'))).toEqual(['kept']);
    expect(readFileSync(at('kept')).equals(small('kept'))).toBe(true);
    rmSync(join(machine.vault, 'filler'));
    writeDurable('after', small('after'));
    restart();
    expect(readFileSync(at('after')).equals(small('after'))).toBe(true);
    expectSound();
    // It never had a version.
    expect(machine.run('log', 'files/large').code).toBe(1);
  });

  it('seals what was removed as far as it had versions before, and no further', () => {
    writeDurable('old', small('first'));
    machine.ok('snapshot');
    writeFileSync(at('old'), randomBytes(24 * mib));
    fillDisk(mib);
    rmSync(at('old'));
    restart();
    rmSync(join(machine.vault, 'filler'));
    machine.ok('restore', 'files/old@1');
    expect(readFileSync(at('old')).equals(small('first'))).toBe(true);
    expectSound();
  });
});

describe('a mount that is filled', () => {
  it.each(['unlinked', 'removed'])('has room again for half of a file that is %s', (then) => {
    writeDurable('kept', small('kept'));
    const { out: count, err } = fill('huge', 200, then);
    expect(err[0]).toBe('ENOSPC');
    expect(count).toBeGreaterThan(20);
    writeDurable('small', small('small'));
    const half = Math.floor(count / 2);
    expect(fill('half', half)).toEqual({ out: half, err: [] });
    restart();
    expect(intact('half', half)).toBe(half);
    expect(readFileSync(at('small')).equals(small('small'))).toBe(true);
    expect(readFileSync(at('kept')).equals(small('kept'))).toBe(true);
    expectSound();
  });

  it('says so before the vault itself has no room: what was taken is sealed, and all goes on', () => {
    const { out: count, err } = fill('huge', 200);
    expect(err[0]).toBe('ENOSPC');
    restart();
    expect(intact('huge', count)).toBe(count);
    expect(free()).toBeGreaterThan(8 * mib);
    const { bavail } = statfsSync(machine.mount);
    expect(bavail).toBeLessThan((12 * mib) / 4096);
    expectSound();
  });

  it('with many small files: removals take effect, and gc makes room for more', () => {
    const size = 300_000;
    const { out: count, err } = python(many, at(''), 0, 1000, size);
    expect(err[0]).toBe('ENOSPC');
    expect(count).toBeGreaterThan(50);
    for (let i = 0; i < count; i += 2) rmSync(at(`f${i}`));
    rmSync(at(`f${count}`), { force: true });
    machine.ok('snapshot');
    machine.ok('gc', '--keep-last', '1');
    expect(python(many, at(''), 2000, Math.floor(count / 3), size).err).toEqual([]);
    restart();
    const names = readdirSync(join(machine.mount, 'files'));
    expect(names).toHaveLength(Math.floor(count / 2) + Math.floor(count / 3));
    for (const name of names) {
      expect(statSync(at(name)).size).toBe(size);
      readFileSync(at(name));
    }
    expectSound();
  });

  it('while a file is rewritten: its old version can be read after a restart', () => {
    const old = randomBytes(3 * mib);
    writeDurable('old', old);
    machine.ok('snapshot');
    const { out: count, err } = fill('old', 200);
    expect(err[0]).toBe('ENOSPC');
    restart();
    expect(intact('old', count)).toBe(count);
    machine.shell('$CTL cat files/old@1 > first');
    expect(readFileSync(join(machine.home, 'first')).equals(old)).toBe(true);
    expectSound();
  });

  it('loses nothing that fsync has acknowledged when the process is killed', async () => {
    writeDurable('kept', small('kept'));
    const { out: count, err } = fill('huge', 200);
    expect(err[0]).toBe('ENOSPC');
    await machine.killFs();
    machine.ok('up');
    expect(intact('huge', count)).toBe(count);
    expect(readFileSync(at('kept')).equals(small('kept'))).toBe(true);
    restart();
    expectSound();
  });
});
