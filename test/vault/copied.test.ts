/** copy_file_range(2) between files of the mount: whole slots are copied by naming their cubes. */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { flip } from './damage.js';
import { Machine } from './machine.js';

vi.setConfig({ testTimeout: 120_000 });

const MiB = 1024 * 1024;
let machine: Machine;
/** Of the test that runs. */
let directory = '';
const at = (name: string): string => join(machine.mount, directory, name);

beforeAll(() => {
  machine = Machine.start();
});
afterAll(() => machine.end());
beforeEach(({ task }) => {
  directory = `files/${task.id}`;
  mkdirSync(join(machine.mount, directory));
});

/** Copies in the mount, the target durable at the end. @param cut bytes that it is cut to after it */
function copy(
  from: string,
  to: string,
  [offset, target, count]: readonly number[] = [],
  cut: number | null = null,
): void {
  const program = `
import os, sys
source = os.open(sys.argv[1], os.O_RDONLY)
target = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT, 0o644)
at, to, left = ${offset ?? 0}, ${target ?? 0}, ${count ?? 'os.fstat(source).st_size'}
while left:
    done = os.copy_file_range(source, target, left, at, to)
    if done == 0: break
    at, to, left = at + done, to + done, left - done
${cut === null ? '' : `os.ftruncate(target, ${cut})`}
os.fsync(target)
`;
  writeFileSync(join(machine.home, 'copy.py'), program);
  machine.shell(`python3 copy.py $M/${directory}/${from} $M/${directory}/${to}`);
}

function decrypted(): number {
  const metrics = readFileSync(join(machine.mount, '.sherin/metrics'), 'utf8');
  const [, count] = /^sherin_decrypted_bytes_total (\d+)$/m.exec(metrics) ?? [];
  if (count === undefined) throw new Error('no such metric');
  return Number(count);
}

function kill(): void {
  process.kill(machine.fsPid, 'SIGKILL');
  machine.ok('up');
}

it('reads nothing of whole slots', () => {
  const content = randomBytes(3 * MiB + 5_000);
  writeFileSync(at('source'), content);
  machine.ok('snapshot');
  const before = decrypted();
  copy('source', 'copy');
  copy('copy', 'second');
  expect(decrypted()).toBe(before);
  expect(readFileSync(at('second')).equals(content)).toBe(true);
});

it('makes copies that stand on their own', () => {
  const content = randomBytes(2 * MiB + 70_000);
  writeFileSync(at('source'), content);
  machine.ok('snapshot');
  copy('source', 'copy');
  writeFileSync(at('copy'), 'changed', { flag: 'r+' });
  expect(readFileSync(at('source')).equals(content)).toBe(true);
  kill();
  const changed = Buffer.concat([Buffer.from('changed'), content.subarray(7)]);
  expect(readFileSync(at('copy')).subarray(7).equals(changed.subarray(7))).toBe(true);
  copy('source', 'other');
  machine.ok('destroy', `${directory}/copy`, '--yes');
  rmSync(at('source'));
  machine.ok('gc', '--keep-last', '1');
  expect(readFileSync(at('other')).equals(content)).toBe(true);
  machine.ok('fsck');
});

it('keeps through a crash what was copied before an fsync', () => {
  const content = randomBytes(5 * MiB);
  writeFileSync(at('source'), content);
  copy('source', 'copy');
  kill();
  expect(readFileSync(at('copy')).equals(content)).toBe(true);
  machine.ok('snapshot');
  copy('source', 'copy');
  kill();
  expect(readFileSync(at('copy')).equals(content)).toBe(true);
});

it('keeps off through a crash what was cut off after it was copied', () => {
  const content = randomBytes(3 * MiB);
  writeFileSync(at('source'), content);
  machine.ok('snapshot');
  copy('source', 'copy', [0, 0, 3 * MiB], MiB + 500_000);
  kill();
  const cut = content.subarray(0, MiB + 500_000);
  expect(readFileSync(at('copy')).equals(cut)).toBe(true);
  machine.ok('snapshot');
  truncateSync(at('copy'), 2 * MiB);
  machine.ok('down');
  machine.ok('up');
  const grown = Buffer.concat([cut, Buffer.alloc(2 * MiB - cut.length)]);
  expect(readFileSync(at('copy')).equals(grown)).toBe(true);
});

it('copies any part to any place as a plain file has it', () => {
  const sizes = [0, 1, 4096, 65_536, MiB - 1, MiB, MiB + 1, 2 * MiB, 3 * MiB];
  const pick = (): number => sizes[randomInt(sizes.length)] ?? 0;
  const source = randomBytes(3 * MiB + 12_345);
  let target = randomBytes(2 * MiB + 54_321);
  writeFileSync(at('source'), source);
  writeFileSync(at('target'), target);
  for (let round = 0; round < 12; round++) {
    if (round % 4 === 0) machine.ok('snapshot');
    const [from, to] = [pick(), pick()];
    const count = Math.min(pick(), source.length - from);
    copy('source', 'target', [from, to, count]);
    const grown = Buffer.alloc(Math.max(target.length, count === 0 ? 0 : to + count));
    target.copy(grown);
    source.copy(grown, to, from, from + count);
    target = grown;
    expect([from, to, count, readFileSync(at('target')).equals(target)]).toEqual([from, to, count, true]);
  }
});

it('hands out no damaged byte of a copy', async () => {
  const content = randomBytes(MiB);
  writeFileSync(at('source'), content);
  machine.ok('snapshot');
  const victim = await machine.cubeOf(`${directory}/source`);
  machine.ok('lock');
  flip(victim, 4096 + 5 * 65_536);
  machine.ok('unlock');
  copy('source', 'copy');
  const read = machine.shell(`cat $M/${directory}/copy > given; cat $M/${directory}/source > /dev/null`);
  expect(read.err).toMatch(/\/copy: (Permission denied|Input\/output error)/);
  const given = readFileSync(join(machine.home, 'given'));
  expect(given.length).toBeLessThanOrEqual(5 * 65_536);
  expect(given.equals(content.subarray(0, given.length))).toBe(true);
});
