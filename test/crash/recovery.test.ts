/** Crashes whose outcome needs a closer look than the matrix takes: a copy of the vault's files, taken while it is open, is what a kill leaves. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CrashBench } from './crash-run.js';
import { type Opened, openVault } from './opened.js';
import { mixed, type Operation } from './operations.js';
import { Performer } from './performer.js';
import { pictureOf } from './picture.js';

let bench: CrashBench;
beforeAll(async () => {
  bench = await CrashBench.create([]);
});
beforeEach(() => bench.restore('new'));
afterAll(() => bench.remove());

async function done(opened: Opened, operations: readonly Operation[]): Promise<Performer> {
  const performer = new Performer(opened, bench.places);
  for (const [at, operation] of operations.entries()) await performer.perform(operation, at);
  return performer;
}

/** Does operations and crashes. @returns what programs saw then */
async function crashAfter(operations: readonly Operation[]): ReturnType<typeof pictureOf> {
  const opened = await openVault(bench.places);
  await done(opened, operations);
  const seen = await pictureOf(opened);
  bench.save('crashed');
  await opened.service.stop(null);
  bench.restore('crashed');
  return seen;
}

function segments(): string[] {
  return readdirSync(join(bench.places, 'vault/journal'));
}

const written: readonly Operation[] = [
  { do: 'open', label: 'f', path: 'f' },
  { do: 'open', label: 'other', path: 'other' },
  { do: 'write', label: 'f', at: 0, length: 10_000 },
  { do: 'sync', labels: ['f'] },
];

it('a file that was synced and then removed leaves nothing in the journal', async () => {
  await crashAfter([...written, { do: 'unlink', path: 'f' }, { do: 'sync', labels: ['other'] }]);
  const { service } = await openVault(bench.places);
  expect(segments()).toEqual([]);
  await service.stop(null);
  expect(segments()).toEqual([]);
});

it('a removed file that is still written to keeps no segment after a clean end', async () => {
  const opened = await openVault(bench.places);
  await done(opened, [
    ...written,
    { do: 'unlink', path: 'f' },
    { do: 'write', label: 'f', at: 0, length: 9 },
  ]);
  await opened.service.stop(null);
  expect(segments()).toEqual([]);
});

it('an import over a file that was synced and is written on loses nothing of it', async () => {
  const seen = await crashAfter([
    ...written,
    { do: 'put', path: 'f', length: 5_000 },
    { do: 'write', label: 'f', at: 100, length: 50 },
    { do: 'sync', labels: ['f'] },
  ]);
  const opened = await openVault(bench.places);
  expect((await pictureOf(opened)).get('f')?.content).toBe(seen.get('f')?.content);
  await opened.service.stop(null);
});

it('the operations of the crash matrix copy by reference, join what is in pieces, and sync in the addon', async () => {
  const opened = await openVault(bench.places);
  const { changes, manifest } = opened.session;
  const reference = changes.reference.bind(changes);
  const referred: number[] = [];
  changes.reference = async (...copied) => {
    const bytes = await reference(...copied);
    referred.push(bytes);
    return bytes;
  };
  const { past } = await done(opened, mixed);
  const types = Array.from({ length: manifest.head.size }, (_, at) => manifest.record(at).mutation.type);
  await opened.service.stop(null);
  expect(referred).toEqual([2 ** 20, 2 ** 20]);
  expect(types).toContain('layout');
  expect(past).toBe(2);
});
