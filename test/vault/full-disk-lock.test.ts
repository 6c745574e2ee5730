/** What programs have written where the disk of the vault is full: lock and down say what they could not seal. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Machine } from './machine.js';
import { endSmallDisk, startOnSmallDisk } from './small-disk.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const mib = 1024 * 1024;
const small = 200_000;
let machine: Machine;

beforeEach(() => {
  machine = startOnSmallDisk(80);
});
afterEach(() => {
  endSmallDisk(machine);
});

/** Writes files of one size, each durable before the next, until there is no space. Prints how many were. */
const writer = `
import os, random, sys
folder, most = sys.argv[1], int(sys.argv[2])
done = 0
try:
    while done < most:
        fd = os.open(f'{folder}/f{done}', os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(fd, random.Random(done).randbytes(int(sys.argv[3]))); os.fsync(fd)
        finally: os.close(fd)
        done += 1
except OSError as error: print(os.strerror(error.errno), file=sys.stderr)
print(done)
`;
/** Prints those that are not as they were written. */
const reader = `
import random, sys
for number in range(int(sys.argv[2])):
    if open(f'{sys.argv[1]}/f{number}', 'rb').read() != random.Random(number).randbytes(int(sys.argv[3])): print(number)
`;

function python(script: string, ...args: string[]): { readonly out: string; readonly err: string } {
  const { stdout, stderr } = spawnSync('python3', ['-c', script, ...args], { encoding: 'utf8' });
  return { out: stdout.trim(), err: stderr };
}
const files = (): string => join(machine.mount, 'files');
const write = (most: number, size = small): number =>
  Number(python(writer, files(), String(most), String(size)).out);
const expectWhole = (count: number, size = small): void =>
  expect(python(reader, files(), String(count), String(size))).toEqual({ out: '', err: '' });

/** Has others fill the disk but for so many bytes. */
function fillDisk(free: number): void {
  const { bavail, bsize } = statfsSync(machine.vault);
  writeFileSync(join(machine.vault, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - free)));
}

it.each(['lock', 'down'])('%s says what could not be sealed and is kept in the journal', async (command) => {
  expect(write(20)).toBe(20);
  fillDisk(0);
  const { code, err } = machine.run(command);
  expect(err).toMatch(
    /, but changes of \d+ files could not be sealed \(no space left for [^)]+\): all of it is kept in the journal/,
  );
  expect(code).toBe(1);
  rmSync(join(machine.vault, 'filler'));
  machine.ok(command === 'lock' ? 'unlock' : 'up');
  const { records } = JSON.parse(machine.ok('audit', 'tail', '--json', '-n', '50'));
  const told = records.find(({ event }: { event?: string }) => event === 'AUDIT_UNSEALED');
  expect(told?.meta).toMatchObject({ kept: true, code: 'NO_SPACE' });
  expectWhole(20);
});

it.each(['lock', 'down'])('%s says what is lost', async (command) => {
  expect(write(5)).toBe(5);
  // More than the journal has room for.
  writeFileSync(join(files(), 'large'), randomBytes(12 * mib));
  fillDisk(0);
  const { code, err } = machine.run(command);
  expect(err).toMatch(
    /could not be sealed \([^)]+\): what they had made durable \(fsync, sync\) is kept in the journal, the rest is lost/,
  );
  expect(code).toBe(1);
  rmSync(join(machine.vault, 'filler'));
  machine.ok(command === 'lock' ? 'unlock' : 'up');
  expectWhole(5);
  expect(readFileSync(join(machine.home, 'run/sherin-fs.log'), 'utf8')).toContain('could not be sealed');
});
