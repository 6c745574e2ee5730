import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTree, Machine } from './machine.js';
import { makeTree } from './tree.js';
import { gone, until } from './wait.js';

let machine: Machine;
let source: string;

beforeAll(() => {
  machine = Machine.start();
  source = join(machine.home, 'tree');
  makeTree(source, 0);
  machine.ok('put', source, 'files/tree');
});
afterAll(() => machine.end());

function expectTree(): void {
  const copy = join(machine.mount, 'files/tree');
  expect(machine.shell(`diff -r tree "${copy}"`)).toMatchObject({ code: 0, out: '', err: '' });
  expect(listTree(copy)).toBe(listTree(source));
}

describe('sherin-fs killed under parallel readers', () => {
  it('leaves no dead mount, and up serves again', async () => {
    for (let round = 0; round < 3; round++) {
      const paths = ['large', '', 'sub/dir'].map((name) => join(machine.mount, 'files/tree', name));
      const readers = paths.map((path) => spawn('grep', ['-r', 'nowhere', path], { stdio: 'ignore' }));
      const ends = readers.map((reader) => new Promise((resolve) => reader.once('exit', resolve)));
      const verify = machine.begin('verify');
      await sleep(Math.random() * 400);
      await machine.killFs();
      await Promise.all(ends);
      const { code, err } = await verify.outcome;
      if (code !== 0) expect(err).toMatch(/^sherinctl: [^\n]+ — [^\n]+\n$/);
      await until('a dead mount stays', () => {
        return !readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${machine.mount} `);
      });
      expect(machine.run('status').code).toBe(6);
      machine.ok('up');
      expectTree();
    }
  }, 180_000);
});

describe('during a put', () => {
  it('a killed swtpm is started again', async () => {
    makeTree(source, 1, 'part');
    machine.ok('down');
    machine.ok('up');
    machine.ok('ls');
    const before = machine.swtpmPids();
    expect(before).toHaveLength(1);
    const put = machine.begin('put', source, 'files/tree');
    for (const pid of before) process.kill(pid, 'SIGKILL');
    expect(await put.outcome).toMatchObject({ code: 0, err: '' });
    expectTree();
    machine.ok('down');
    machine.ok('up');
    expectTree();
  }, 180_000);

  it('a killed sherinctl leaves sherin-fs serving and nothing half done; the put can be repeated', async () => {
    const pid = machine.fsPid;
    for (let round = 0; round < 4; round++) {
      makeTree(source, 10 + round, 'part');
      const put = machine.begin('put', source, 'files/tree');
      await sleep((round + Math.random()) * 300);
      if (existsSync(`/proc/${put.pid}`)) process.kill(put.pid, 'SIGKILL');
      await gone(put.pid);
      expect(machine.fsPid).toBe(pid);
    }
    await machine.settled();
    expect(machine.run('verify')).toMatchObject({ code: 0 });
    machine.ok('put', source, 'files/tree');
    expectTree();
    expect(machine.unfinished()).toEqual([]);
  }, 180_000);
});
