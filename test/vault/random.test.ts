/** What the disk is asked for on behalf of who reads a large file here and there. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { callsOf, Trace } from './trace.js';
import { until } from './wait.js';

const MiB = 1024 * 1024;
const cubes = 64;
let machine: Machine;
let file: number;

beforeAll(() => {
  machine = Machine.start();
  writeFileSync(join(machine.home, 'large'), randomBytes(cubes * MiB));
  machine.ok('put', join(machine.home, 'large'), 'files/large');
  machine.ok('lock');
  machine.ok('unlock');
  file = openSync(join(machine.mount, 'files/large'), 'r');
});
afterAll(() => {
  closeSync(file);
  machine.end();
});

/** One page of a cube that nobody has read yet: every seventh in turn. */
function touch(turn: number): void {
  const cube = (turn * 7 + 3) % cubes;
  expect(readSync(file, Buffer.alloc(4096), 0, 4096, cube * MiB + 300_000)).toBe(4096);
}

it('is a whole cube for each that is touched, and two more from the ninth on, each once', async () => {
  const path = join(machine.home, 'trace');
  const trace = await Trace.of(machine.fsPid, ['fadvise64'], path);
  /** Parts of cubes that the disk was asked for, behind their headers. */
  const asked = (): string[] =>
    callsOf(readFileSync(path, 'latin1'))
      .map(({ text }) => /([a-z2-7]{52}\.cube)>, (\d+), \d+, POSIX_FADV_WILLNEED/.exec(text))
      .flatMap((found) => (found !== null && found[2] !== '0' ? [`${found[1]} ${found[2]}`] : []));
  const wanted = (): number => new Set(asked().map((part) => part.slice(0, 52))).size;
  /** How many parts of a cube were asked for: as many of one as of any other where all of each were. */
  const partsOfEach = (): Set<number> => {
    const counts = new Map<string, number>();
    for (const part of asked()) counts.set(part.slice(0, 52), (counts.get(part.slice(0, 52)) ?? 0) + 1);
    return new Set(counts.values());
  };
  for (let turn = 0; turn < 8; turn++) touch(turn);
  await until('eight cubes are asked for', () => wanted() >= 8);
  expect(wanted()).toBe(8);
  for (let turn = 8; turn < 12; turn++) touch(turn);
  await until('three cubes are asked for with each', () => wanted() >= 20 && partsOfEach().size === 1);
  await trace.end();
  expect(wanted()).toBe(20);
  const parts = asked();
  expect(new Set(parts).size).toBe(parts.length);
  expect(partsOfEach().size).toBe(1);
});
