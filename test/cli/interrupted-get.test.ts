import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine, sherinctl } from '../vault/machine.js';

let machine: Machine;
beforeAll(() => {
  machine = Machine.start();
  const source = join(machine.home, 'src');
  mkdirSync(source);
  for (let i = 0; i < 1500; i++) writeFileSync(join(source, `${i}`), `line ${i}\n`);
  machine.ok('put', source, 'files/many');
}, 120_000);
afterAll(() => machine.end());

it('a get that is interrupted twice, as timeout(1) does, ends at once and leaves nothing unfinished', async () => {
  const out = join(machine.home, 'out');
  mkdirSync(out);
  const child = spawn(process.execPath, [sherinctl, 'get', 'files/many', out], {
    env: machine.env,
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  while (!readdirSync(out).some((name) => name.startsWith('.sherin-get-'))) await sleep(1);
  child.kill('SIGINT');
  await sleep(2);
  child.kill('SIGINT');
  expect(await ended).toBe(1);
  expect(readdirSync(out).filter((name) => name.startsWith('.sherin-get-'))).toEqual([]);
}, 60_000);
