/** The whole product under everything at once; SHERIN_STRESS is how many operations its readers do. */
import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../vault/machine.js';
import { checkFiles, faultAtOnce, makeFiles, readFiles, type TestFile } from './readers.js';

const mib = 1024 * 1024;
const operations = Number(process.env.SHERIN_STRESS ?? 100_000);
/** Far more than it takes: something hangs beyond it. */
const seconds = 60 + operations / 200;

const sizes = [0, 1, 4095, 4097, 65_536, 65_537, mib - 1, mib, 3 * mib + 7, 11 * mib + 4099];
const steady: readonly TestFile[] = [
  ...sizes.map((size, at) => ({ name: `plain-${size}`, versions: [`${size}:${at + 1}`] })),
  { name: 'sparse', versions: [`${24 * mib + 123}:50:sparse`] },
];
const unchanged: TestFile = { name: 'unchanged', versions: [`${2 * mib + 5}:60`] };
const changing: TestFile = { name: 'changing', versions: [`${2 * mib + 100}:70`, `${2 * mib + 100}:71`] };
const growing: TestFile = { name: 'growing', versions: [`${mib + 1000}:80`, `${2 * mib + 70_000}:81`] };
const victim: TestFile = { name: 'victim', versions: [`${mib}:90`] };
const copies: readonly TestFile[] = Array.from({ length: 8 }, (_, at) => ({
  name: `copy-${at}`,
  versions: [`${mib}:100`],
}));
const whole = [...steady, unchanged, changing, growing];

let machine: Machine;
/** Path of the cube of `victim`. */
let cube: string;
let files: string;

function source(version: string): string {
  return join(machine.home, version);
}

beforeAll(async () => {
  machine = Machine.start();
  files = join(machine.mount, 'files');
  for (const version of ['first', 'second']) mkdirSync(source(version));
  makeFiles(source('first'), [...whole, ...copies]);
  const later = [changing, growing].map(({ name, versions }) => ({ name, versions: versions.slice(1) }));
  makeFiles(source('second'), later);
  makeFiles(machine.home, [victim]);
  machine.ok('put', join(machine.home, victim.name), `files/${victim.name}`);
  cube = await machine.cubeOf(`files/${victim.name}`);
  for (const { name } of [...whole, ...copies])
    machine.ok('put', join(source('first'), name), `files/${name}`);
}, 120_000);
afterAll(() => machine.end());

function flip(path: string, offset: number): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  byte.writeUInt8(byte.readUInt8(0) ^ 1);
  writeSync(fd, byte, 0, 1, offset);
  closeSync(fd);
}

async function relock(): Promise<void> {
  await machine.call('lock', {});
  await sleep(10);
  await machine.call('unlock', { slot: 'tpm' });
}

/** Locks, unlocks and puts until `done`; a put may come while it is locked, and is refused. */
async function disturb(done: () => boolean): Promise<number> {
  let put = 0;
  for (let round = 0; !done(); round++) {
    await relock();
    await sleep(200);
    const version = round % 2 === 0 ? 'second' : 'first';
    for (const [from, { name }] of [
      ['first', unchanged],
      [version, changing],
      [version, growing],
    ] as const) {
      const putting = machine.begin('put', join(source(from), name), `files/${name}`);
      if (round % 4 === 3) await relock();
      const { code, err } = await putting.outcome;
      if (code === 0) put += 1;
      else expect(err).toContain('locked');
    }
    if (round === 0) flip(cube, 4096 + 70_000);
  }
  return put;
}

describe('a vault under readers of every kind', () => {
  it('gives more faults on one cold vertex than the mount has threads their bytes', async () => {
    for (let vertex = 0; vertex < 8; vertex++) {
      await relock();
      const counted = await faultAtOnce(files, copies, { offset: vertex * 65_536, processes: 128 });
      expect(counted).toMatchObject({ maps: 128, refused: 0, buses: 0, wrong: 0, errors: 0, hung: false });
    }
  }, 300_000);

  it(
    `gives right bytes or EACCES for ${operations} operations while it is locked, changed and damaged`,
    async () => {
      await checkFiles(files, [...whole, victim]);
      const { memoryBytes: before } = machine.status().fs;
      let ended = false;
      const reading = readFiles(files, [...whole, victim], { operations, seconds }).finally(() => {
        ended = true;
      });
      const puts = await disturb(() => ended);
      const counted = await reading;
      if (process.env.SHERIN_STRESS !== undefined)
        process.stdout.write(`${JSON.stringify({ ...counted, puts })}\n`);
      expect(counted).toMatchObject({ wrong: 0, errors: 0, first: '', hung: false });
      expect(puts).toBeGreaterThan(0);

      // Once it is quiet, everything is there but the file whose cube is broken, and that for good.
      await relock();
      for (let time = 0; time < 2; time++) {
        expect(await checkFiles(files, whole)).toMatchObject({ refused: 0, wrong: 0, errors: 0 });
        const broken = await checkFiles(files, [victim]);
        expect(broken).toMatchObject({ wrong: 0, errors: 0 });
        expect(broken.refused).toBeGreaterThan(0);
      }
      const status = machine.status();
      expect(status.vault.state).toBe('unlocked');
      expect(status.tree?.quarantined).toBe(1);
      // Caches, and buffers of as many threads as there may be, of at most 3 MiB each.
      expect(status.fs.memoryBytes - before).toBeLessThan(400 * mib);
      expect(machine.log).not.toContain('"level":50');
    },
    1000 * (seconds + 120),
  );

  it('quarantines and heals under readers', async () => {
    let ended = false;
    const some = [victim, unchanged];
    const reading = readFiles(files, some, { operations: 10_000, seconds: 120 }).finally(() => {
      ended = true;
    });
    while (!ended) {
      machine.ok('put', join(machine.home, victim.name), `files/${victim.name}`);
      flip(cube, 4096);
      await relock();
      await sleep(100);
    }
    expect(await reading).toMatchObject({ wrong: 0, errors: 0, first: '', hung: false });
    await checkFiles(files, some); // finds what was damaged last: putting what is there unchanged looks at no cube
    machine.ok('put', join(machine.home, victim.name), `files/${victim.name}`);
    expect(await checkFiles(files, some)).toMatchObject({ refused: 0, wrong: 0, errors: 0 });
  }, 300_000);
});
