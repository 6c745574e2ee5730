/** A sherin-fs that may open only so many files more: each step is done or refused, nothing is damaged, and it serves again once it may. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { ControlClient } from '../../daemon/client/control-client.js';
import { Machine } from './machine.js';
import { until } from './wait.js';

const mib = 1024 * 1024;
let machine: Machine;
let pid: number;
/** What each name in files/ may have: more than one content where a write of it was not acknowledged. */
const contents = new Map<string, Buffer[]>();

beforeAll(() => {
  machine = Machine.start();
  pid = machine.fsPid;
  for (const [name, size] of [
    ['large', 3 * mib],
    ['small', 5000],
  ] as const) {
    const bytes = randomBytes(size);
    writeFileSync(join(machine.home, name), bytes);
    machine.ok('put', join(machine.home, name), `files/${name}`);
    contents.set(name, [bytes]);
  }
});
afterAll(() => machine.end());

const place = (name: string): string => join(machine.mount, 'files', name);

/**
 * Runs steps while sherin-fs has so many descriptors left: its limit is what it has open already, and clients that only wait have the rest.
 */
async function withSpare(spare: number, steps: () => Promise<void>): Promise<void> {
  const limit = (value: string): string =>
    execFileSync('prlimit', [`--pid=${pid}`, `--nofile${value}`, '--output=SOFT', '--noheadings'], {
      encoding: 'utf8',
    }).trim();
  const before = limit('');
  const most = Math.max(...readdirSync(`/proc/${pid}/fd`).map(Number)) + 1 + spare;
  const waiting: ControlClient[] = [];
  limit(`=${most}:`);
  try {
    for (let full = false; !full; ) {
      const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
      full = !(await attempt(() => client.call('status', {})));
      if (full) client.close();
      else waiting.push(client);
    }
    expect(waiting.length).toBeGreaterThanOrEqual(spare);
    for (const client of waiting.splice(0, spare)) client.close();
    await until('descriptors stay open', () => readdirSync(`/proc/${pid}/fd`).length <= most - spare);
    await steps();
  } finally {
    limit(`=${before}:`);
    for (const client of waiting) client.close();
  }
}

/** @returns whether it was done; what it was refused with is an error of the system or of the table */
async function attempt(step: () => unknown): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (error instanceof SherinError || code === 'EIO' || code === 'EACCES' || code === 'EMFILE')
      return false;
    throw error;
  }
}

/** Written and synced, or not all of it. */
function write(name: string, bytes: Buffer): void {
  contents.set(name, [...(contents.get(name) ?? []), bytes, Buffer.alloc(0)]);
  const fd = openSync(place(name), 'w');
  try {
    writeSync(fd, bytes);
    fsyncSync(fd);
    contents.set(name, [bytes]);
  } finally {
    closeSync(fd);
  }
}

function read(name: string): void {
  const found = readFileSync(place(name));
  expect(
    contents.get(name)?.some((each) => each.equals(found)),
    name,
  ).toBe(true);
}

it.each([0, 3, 8])('with %i descriptors left', async (spare) => {
  // It has its place already: what it asks for is not turned away.
  const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
  await machine.call('lock', {});
  await machine.call('unlock', { slot: 'tpm' });
  const names = ['large', 'small'];
  // Acknowledged before, and in no cube yet.
  write(`kept ${spare}`, randomBytes(50_000));
  let done = 0;
  await withSpare(spare, async () => {
    const steps = [
      ...names.map((name) => () => read(name)),
      () => write(`new ${spare}`, randomBytes(100_000)),
      () => write('small', randomBytes(7000)),
      () => machine.call('verify', {}),
      () => machine.call('status', {}),
      () => client.call('verify', {}),
      () => client.call('lock', {}),
      () => client.call('unlock', { slot: 'tpm' }),
      ...names.map((name) => () => read(name)),
      () => client.call('verify', {}),
      () => client.call('lock', {}),
      ...names.map((name) => () => read(name)),
    ];
    for (const step of steps) if (await attempt(step)) done += 1;
    if (spare === 0) expect(done).toBeLessThan(steps.length);
  });
  client.close();
  expect((await machine.call('status', {})).fs.pid).toBe(pid);
  await machine.call('unlock', { slot: 'tpm' });
  for (const name of readdirSync(place(''))) read(name);
  for (const [name, known] of contents) if (known.length === 1) read(name);
  expect((await machine.call('quarantine.list', {})).cubes).toEqual([]);
  expect((await machine.call('verify', {})).failures).toEqual([]);
  machine.ok('audit', 'verify');
  machine.ok('fsck');
});
