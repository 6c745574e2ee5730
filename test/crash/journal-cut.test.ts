/** A journal that ends at any byte, or of which a byte is another: what stands before counts, nothing else does. */
import { closeSync, openSync, readdirSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CrashBench } from './crash-run.js';
import { openVault } from './opened.js';
import { mixed, type Operation } from './operations.js';
import { Performer } from './performer.js';
import { sample } from './sample.js';

const all = process.env.SHERIN_CRASH === 'all';
const seed = Number(process.env.SHERIN_CRASH_SEED ?? 1);
const few = 8;

/** Up to the first import nothing is sealed: all of it is in the journal. */
const operations: readonly Operation[] = mixed
  .slice(
    0,
    mixed.findIndex(({ do: what }) => what === 'put'),
  )
  .filter(({ do: what }) => what !== 'seal');

/** A place in the journal. */
interface Place {
  readonly segment: string;
  readonly at: number;
  /** Where its frames end: behind that, nothing is lost by a cut. */
  readonly end: number;
}

let bench: CrashBench;
beforeAll(async () => {
  bench = await CrashBench.create(operations);
  bench.restore('new');
  const opened = await openVault(bench.places);
  const performer = new Performer(opened, bench.places);
  for (const [at, operation] of operations.entries()) await performer.perform(operation, at);
  bench.save('crashed');
  await opened.service.stop(null);
});
afterAll(() => bench.remove());

function pathOf(segment: string): string {
  return join(bench.places, 'vault/journal', segment);
}

/** Borders of frames, what stands beside them, and places within. */
function places(): Place[] {
  bench.restore('crashed');
  const segments = readdirSync(join(bench.places, 'vault/journal')).sort();
  expect(segments.length).toBeGreaterThan(1);
  return segments.flatMap((segment) => {
    const bytes = readFileSync(pathOf(segment));
    let end = 64;
    const found = [0, 1, 8, 12, 16, 24, 40, 48, 63, 64];
    for (let at = 64; at + 8 <= bytes.length; ) {
      const length = bytes.readUInt32LE(at);
      if (length === 0) break;
      const next = at + 8 + length + 16;
      found.push(
        at + 1,
        at + 4,
        at + 8,
        at + 9,
        at + 8 + Math.floor(length / 2),
        next - 16,
        next - 1,
        next,
        next + 1,
      );
      at = next;
      end = next;
    }
    const known = new Set(found.filter((at) => at < bytes.length));
    return [...known].sort((a, b) => a - b).map((at) => ({ segment, at, end }));
  });
}

const some = (): Place[] => (all ? places() : sample(places(), few, seed));
const anywhere = { from: 0, to: Number.MAX_SAFE_INTEGER, early: false };

it('shows a state that there was, cut anywhere, and a later one for a later cut', async () => {
  const found: number[] = [];
  const cuts = some().sort((a, b) => a.segment.localeCompare(b.segment) || a.at - b.at);
  bench.restore('crashed');
  const whole = await bench.check(anywhere);
  for (const { segment, at, end } of cuts) {
    bench.restore('crashed');
    truncateSync(pathOf(segment), at);
    const state = await bench.check(anywhere);
    expect(state, `${segment} cut at ${at}`).toEqual(expect.any(Number));
    if (at < end) found.push(Number(state));
    else expect(state, `${segment} cut at ${at}`).toBe(whole);
  }
  expect(found).toEqual([...found].sort((a, b) => a - b));
}, 3_600_000);

it('shows a state that there was, whichever byte is another', async () => {
  for (const { segment, at } of some()) {
    bench.restore('crashed');
    const path = pathOf(segment);
    if (at >= statSync(path).size) continue;
    const flipped = Buffer.from([(readFileSync(path)[at] ?? 0) ^ 0x10]);
    const fd = openSync(path, 'r+');
    writeSync(fd, flipped, 0, 1, at);
    closeSync(fd);
    expect(await bench.check(anywhere), `${segment} changed at ${at}`).toEqual(expect.any(Number));
  }
}, 3_600_000);

it('shows the last state where nothing is lost', async () => {
  bench.restore('crashed');
  const last = bench.model.states.length - 1;
  const floor = Math.max(...bench.model.floors.values());
  expect(await bench.check({ from: floor, to: last, early: false })).toBeGreaterThanOrEqual(floor);
});
