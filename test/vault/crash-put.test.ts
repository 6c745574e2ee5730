import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTree, Machine } from './machine.js';
import { makeTree } from './tree.js';

const rounds = 12;
let machine: Machine;
let source: string;
/** Milliseconds of a put of a part of the tree, undisturbed. */
let whole: number;

beforeAll(() => {
  machine = Machine.start();
  source = join(machine.home, 'tree');
  makeTree(source, 0);
  machine.ok('put', source, 'files/tree');
  makeTree(source, 100, 'part');
  const begun = Date.now();
  machine.ok('put', source, 'files/tree');
  whole = Date.now() - begun;
});
afterAll(() => machine.end());

/** Writes a file of its own, stored and acknowledged before the crash. */
function keepFile(round: number): void {
  const path = join(machine.home, `kept-${round}`);
  writeFileSync(path, `round ${round}`);
  machine.ok('put', path, 'files/kept/');
}

/** Starts a put of the tree and kills sherin-fs after some time. Resolves to what sherinctl ended with. */
async function killDuringPut(milliseconds: number): Promise<number> {
  const put = machine.begin('put', source, 'files/tree');
  await sleep(milliseconds);
  await machine.killFs();
  const { code, err } = await put.outcome;
  if (code !== 0) expect(err).toMatch(/^sherinctl: [^\n]+ — [^\n]+\n$/);
  return code;
}

describe('sherin-fs killed during a put', () => {
  it(`at ${rounds} points: opens, verifies, keeps what was acknowledged, and the put can be repeated`, async () => {
    for (let round = 1; round <= rounds; round++) {
      keepFile(round);
      makeTree(source, round, round === 3 ? 'all' : 'part');
      // One random point in each part of the time that such a put takes.
      const delay = ((round - Math.random()) / rounds) * whole;
      const code = await killDuringPut(delay);
      machine.ok('up');
      expect(machine.unfinished(), `killed after ${delay} ms`).toEqual([]);
      for (let at = 1; at <= round; at++) {
        expect(readFileSync(join(machine.mount, `files/kept/kept-${at}`), 'utf8')).toBe(`round ${at}`);
      }
      expect(machine.run('verify'), `killed after ${delay} ms`).toMatchObject({ code: 0 });
      if (code !== 0 && round % 4 !== 0) continue;
      machine.ok('put', source, 'files/tree');
      expect(machine.shell('diff -r tree "$M/files/tree"')).toMatchObject({ code: 0, out: '', err: '' });
      expect(listTree(join(machine.mount, 'files/tree'))).toBe(listTree(source));
      expect(machine.unfinished()).toEqual([]);
    }
    expect(machine.run('scrub')).toMatchObject({ code: 0 });
    expect(machine.run('audit', 'verify')).toMatchObject({ code: 0 });
  }, 300_000);
});
