/** What does not fit into one answer of sherin-fs a person sees all the same. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from '../vault/machine.js';

/** Answers hold 500 versions. */
const count = 1_050;

let machine: Machine;
beforeAll(async () => {
  machine = Machine.start();
  const file = (name: string): string => join(machine.mount, 'files', name);
  mkdirSync(file('other'));
  for (let version = 1; version <= count; version++) {
    writeFileSync(file('many'), `${version}`.repeat(version));
    await machine.call('snapshot', {});
    if (version % 100 !== 0) continue;
    // The path shows nothing for a while; then what comes back is a version of it.
    renameSync(file('many'), file(`other/${version}`));
    await machine.call('snapshot', {});
    await machine.call('sync', {});
  }
});
afterAll(() => machine.end());

const numbers = Array.from({ length: count }, (_, at) => at + 1);

it('all versions of a file, and all times at which it was gone', () => {
  const log = JSON.parse(machine.ok('log', '--json', '--count', '100000', 'files/many'));
  const newestFirst = (log.versions as { readonly number: number }[]).map(({ number }) => number);
  expect(newestFirst).toEqual([...numbers].reverse());
  expect(log).toMatchObject({ total: count, removals: { length: Math.floor(count / 100) } });
  const shown = machine.ok('log', '--count', '100000', 'files/many');
  expect(shown.match(/\(removed\)/g)).toHaveLength(Math.floor(count / 100));
});

it('what each of them takes up', () => {
  const { versions } = JSON.parse(machine.ok('du', '--versions', '--json', 'files/many'));
  expect((versions as { readonly number: number }[]).map(({ number }) => number)).toEqual(numbers);
});

it('the last records of the audit log', () => {
  const { records } = JSON.parse(machine.ok('audit', 'tail', '--json', '-n', '200'));
  const seqs = (records as { readonly seq: number }[]).map(({ seq }) => seq);
  expect(seqs.length).toBeGreaterThan(1);
  expect(seqs).toEqual(seqs.map((_, at) => (seqs[0] ?? 0) + at));
});
