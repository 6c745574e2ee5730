/** sherin-fs killed at any time while several processes write at its mount: nothing that was synced is lost, nothing is half there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../vault/machine.js';
import { blockOf, pieceOf, recordBytes, records, replacedBytes, stepOf } from './load.js';

const rounds = Number(process.env.SHERIN_KILLS ?? (process.env.SHERIN_CRASH === 'all' ? 200 : 3));
const script = resolve(fileURLToPath(new URL('../../dist/test/crash/load.child.js', import.meta.url)));
const ways = ['replace', 'append', 'overwrite', 'rewrite', 'churn'] as const;
/** Alone, its file is lent to the addon, which the others would have taken back. */
const alone = ['rewrite'] as const;
type Way = (typeof ways)[number];

/** What a writer has said: last step begun, last one durable. */
interface Said {
  begun: number;
  ended: number;
}

let machine: Machine;
const said = new Map<Way, Said>(ways.map((way) => [way, { begun: -1, ended: -1 }]));

beforeAll(() => {
  machine = Machine.start();
  for (const way of ways) mkdirSync(directoryOf(way));
  for (const way of ['overwrite', 'rewrite'] as const) writeFileSync(join(directoryOf(way), 'records'), '');
  machine.ok('down');
  machine.ok('up');
});
afterAll(() => machine.end());

function directoryOf(way: Way): string {
  return join(machine.mount, 'files', way);
}

function saidOf(way: Way): Said {
  return said.get(way) ?? { begun: -1, ended: -1 };
}

/** Resolves when the writer has met the end of the mount. */
function start(way: Way): { readonly child: ChildProcess; readonly ended: Promise<unknown> } {
  const first = saidOf(way).begun + 1;
  const child = spawn(process.execPath, [script, way, directoryOf(way), String(first)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let rest = '';
  child.stdout.on('data', (data: Buffer) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [word, number] = line.split(' ');
      if (word === 'begin') saidOf(way).begun = Number(number);
      else saidOf(way).ended = Number(number);
    }
  });
  return { child, ended: new Promise((done) => child.once('close', done)) };
}

/** A step is one that was durable, or a later one that had begun. */
function expectStep(step: number | null, oldest: number, { begun }: Said, what: string): void {
  expect(step, `${what} is of no one step`).not.toBeNull();
  expect(step, what).toBeGreaterThanOrEqual(oldest);
  expect(step, what).toBeLessThanOrEqual(begun);
}

/** @param last durable step of each place; a step that a kill has stopped is not done again */
function expectReplaced(last: ReadonlyMap<number, number>): void {
  const state = saidOf('replace');
  for (let place = 0; place < 5; place++) {
    const oldest = last.get(place) ?? -1;
    const path = join(directoryOf('replace'), `file-${place}`);
    if (oldest < 0 && !existsSync(path)) continue;
    const bytes = readFileSync(path);
    const step = stepOf(bytes);
    expectStep(step, oldest, state, path);
    expect(bytes.length).toBe(replacedBytes(step ?? 0).length);
  }
}

/** Every step whose piece was durable is there, in order; a step that a kill has stopped may be missing or in part. */
function expectAppended(durable: ReadonlySet<number>): void {
  const path = join(directoryOf('append'), 'log');
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const size = pieceOf(0).length;
  const found = new Set<number>();
  for (let at = 0; at + size <= bytes.length; at += size) {
    const step = stepOf(bytes.subarray(at, at + size));
    expect(step, `${path} at ${at}`).not.toBeNull();
    found.add(step ?? -1);
  }
  expect([...durable].filter((step) => !found.has(step))).toEqual([]);
  expect(bytes.length % size).toBe(0);
}

function expectOverwritten(way: Way, size: number, last: ReadonlyMap<number, number>): void {
  const bytes = readFileSync(join(directoryOf(way), 'records'));
  for (let place = 0; place < records; place++) {
    const part = bytes.subarray(place * size, (place + 1) * size);
    const oldest = last.get(place) ?? -1;
    if (oldest < 0 && part.every((byte) => byte === 0)) continue;
    expectStep(stepOf(part), oldest, saidOf(way), `record ${place} of ${way}`);
  }
}

describe('sherin-fs killed while several processes write', () => {
  it(`keeps what was synced, ${rounds} times`, async () => {
    const appended = new Set<number>();
    const overwritten = new Map<number, number>();
    const rewritten = new Map<number, number>();
    const replaced = new Map<number, number>();
    for (let round = 0; round < rounds; round++) {
      const before = new Map(ways.map((way) => [way, saidOf(way).begun]));
      const writers = (round % 2 === 0 ? ways : alone).map(start);
      await sleep(300 + Math.random() * 1_500);
      await machine.killFs();
      await Promise.all(writers.map(({ ended }) => ended));
      for (let step = (before.get('append') ?? -1) + 1; step <= saidOf('append').ended; step++)
        appended.add(step);
      for (let step = (before.get('overwrite') ?? -1) + 1; step <= saidOf('overwrite').ended; step++)
        overwritten.set(step % records, step);
      for (let step = (before.get('rewrite') ?? -1) + 1; step <= saidOf('rewrite').ended; step++)
        rewritten.set(step % records, step);
      for (let step = (before.get('replace') ?? -1) + 1; step <= saidOf('replace').ended; step++)
        replaced.set(step % 5, step);
      machine.ok('up');
      expectReplaced(replaced);
      expectAppended(appended);
      expectOverwritten('overwrite', recordBytes(0).length, overwritten);
      expectOverwritten('rewrite', blockOf(0).length, rewritten);
      if (round % 10 === 9 || round === rounds - 1) {
        machine.ok('verify');
        machine.ok('fsck', '--remove-orphans');
        machine.ok('fsck');
      }
    }
    expect(appended.size).toBeGreaterThan(0);
    expect(rewritten.size).toBeGreaterThan(0);
  }, 7_200_000);
});
