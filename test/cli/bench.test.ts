import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { sherinctl } from '../vault/machine.js';

vi.setConfig({ testTimeout: 180_000 });

let work = '';
beforeEach(() => {
  work = realpathSync(mkdtempSync(join(tmpdir(), 'sherin-cli-')));
});
afterEach(() => rmSync(work, { recursive: true }));

interface Begun {
  readonly interrupt: () => void;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

function begin(...args: string[]): Begun {
  const child = spawn(process.execPath, [sherinctl, 'bench', ...args], {
    env: { ...process.env, TMPDIR: work, HOME: work },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  );
  return { interrupt: () => child.kill('SIGINT'), ended };
}

/** Directories left, mounts left, and processes whose command line names them. */
function left(): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const processes = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && commandLine(name).includes(work),
  );
  return [...readdirSync(work), ...mounts.filter((line) => line.includes(work)), ...processes];
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

const rate = z.number().positive();
const samples = z.array(rate).length(2);
const resultSchema = z.strictObject({
  date: z.iso.datetime(),
  version: z.string(),
  machine: z.strictObject({
    cpu: z.string(),
    cpus: z.int(),
    memoryBytes: z.int(),
    kernel: z.string(),
    node: z.string(),
  }),
  driver: z.string(),
  store: z.strictObject({ path: z.string(), kind: z.enum(['memory', 'disk']) }),
  largeBytes: z.literal(1024 * 1024),
  smallFiles: z.literal(10),
  smallBytes: z.literal(4096),
  rounds: z.literal(2),
  figures: z.array(
    z.strictObject({
      id: z.string(),
      work: z.string(),
      unit: z.enum(['MB/s', 'reads/s', 'files/s']),
      median: rate,
      samples,
      plain: z.strictObject({ median: rate, samples }).nullable(),
    }),
  ),
});

test('bench measures every kind of work and leaves nothing behind', async () => {
  const { code, out, err } = await begin('--json', '--size', '1', '--files', '10', '--rounds', '2').ended;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const { figures } = resultSchema.parse(JSON.parse(out));
  const read = ['readCold', 'readAgain', 'random', 'readSmall'];
  expect(figures.map(({ id }) => id)).toEqual(['import', 'importSmall', ...read, 'verify']);
  expect(figures.filter(({ plain }) => plain !== null).map(({ id }) => id)).toEqual(read);
  expect(left()).toEqual([]);
});

test('an interrupted bench leaves nothing behind, whatever it was at', async () => {
  for (const milliseconds of [0, 300, 900]) {
    const bench = begin('--size', '1', '--files', '10', '--rounds', '100');
    while (readdirSync(work).length === 0) await sleep(5);
    await sleep(milliseconds);
    bench.interrupt();
    bench.interrupt();
    const { code, err } = await bench.ended;
    expect(code).toBe(1);
    expect(err).toContain('interrupted');
    expect(left()).toEqual([]);
  }
});
