/** A sherin-fs that gets little memory: each step is done or refused, or it ends; nothing is damaged, and nothing old is shown for new. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { gone } from './wait.js';

const kib = 1024;
const names = ['0', '1', '2', '3', '4', '5'];
let machine: Machine;
/** Folders of the home that have what files/tree may have: more than one where an import was not acknowledged. */
let trees: string[] = [];

/** A new folder with other content under the same names. */
function makeTree(name: string): string {
  mkdirSync(join(machine.home, name));
  for (const [at, file] of names.entries())
    writeFileSync(join(machine.home, name, file), randomBytes(5000 + at * 300 * kib));
  return name;
}

beforeAll(() => {
  machine = Machine.start();
  trees = [makeTree('first')];
  machine.ok('put', join(machine.home, 'first'), 'files/tree');
});
afterAll(() => machine.end());

/** In a process of its own, that does not wait for ever where nobody answers. */
const done = (line: string): boolean => machine.shell(`timeout -s KILL 20 bash -ec '${line}'`).code === 0;

function dataOf(pid: number): number {
  return Number(/^VmData:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * kib;
}

/** Runs a step while a sherin-fs that was just started may have so many bytes more than it has; if that ends it, it is started again. */
async function withSpare(spare: number, step: () => boolean): Promise<{ done: boolean; ended: boolean }> {
  machine.run('down');
  machine.ok('up');
  done('cat "$M"/files/tree/*');
  const pid = machine.fsPid;
  const limit = (bytes: number | string): unknown =>
    execFileSync('prlimit', [`--pid=${pid}`, `--data=${bytes}:`], { stdio: 'ignore' });
  limit(dataOf(pid) + spare);
  const ok = step();
  try {
    limit('unlimited');
    await machine.call('unlock', { slot: 'tpm' });
    return { done: ok, ended: false };
  } catch {
    await gone(pid);
    machine.ok('up');
    return { done: ok, ended: true };
  }
}

/** The mount has what sherinctl gets, each file whole, of the one tree or of the other. */
function expectWhole(): void {
  const out = join(machine.home, 'out');
  rmSync(out, { recursive: true, force: true });
  machine.ok('get', 'files/tree', out);
  expect(machine.shell('diff -r out "$M/files/tree"')).toMatchObject({ code: 0, out: '' });
  for (const name of names) {
    const found = readFileSync(join(out, name));
    const known = trees.map((tree) => readFileSync(join(machine.home, tree, name)));
    expect(
      known.some((bytes) => bytes.equals(found)),
      name,
    ).toBe(true);
  }
}

it.each([0, 4096])('with %i KiB left', async (spare) => {
  const tree = makeTree(`tree-${spare}`);
  const written = `files/written-${spare}`;
  const put = await withSpare(spare * kib, () => {
    trees.push(tree);
    return machine.run('put', join(machine.home, tree), 'files/tree').code === 0;
  });
  if (put.done) trees = [tree];
  expectWhole();
  const write = await withSpare(spare * kib, () =>
    done(`cp ${tree}/5 "$M/${written}" && sync "$M/${written}"`),
  );
  if (write.done) expect(done(`cmp ${tree}/5 "$M/${written}"`)).toBe(true);
  const read = await withSpare(spare * kib, () => {
    machine.run('lock');
    machine.run('unlock');
    return done('cat "$M"/files/tree/*');
  });
  const steps = [put, write, read];
  // What a step is refused, or what ends it, is how little there was.
  if (spare === 0) expect(steps.some((step) => step.ended || !step.done)).toBe(true);
});

it('and nothing is damaged after all that', async () => {
  expectWhole();
  expect((await machine.call('quarantine.list', {})).cubes).toEqual([]);
  expect((await machine.call('verify', {})).failures).toEqual([]);
  machine.ok('audit', 'verify');
  machine.ok('fsck');
});
