/** A folder that others may write to, into which files with several names come. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine, sherinctl } from '../vault/machine.js';

const between = 1_500;
const names = ['a/first', 'y/second', 'z/third'];
let machine: Machine;
beforeAll(() => {
  machine = Machine.start();
  const source = join(machine.home, 'src');
  for (const folder of ['a', 'b', 'y', 'z']) mkdirSync(join(source, folder), { recursive: true });
  const [first = '', ...others] = names.map((name) => join(source, name));
  writeFileSync(first, 'good');
  for (const other of others) linkSync(first, other);
  for (let i = 0; i < between; i++) writeFileSync(join(source, 'b', `${i}`), `line ${i}\n`);
  machine.ok('put', source, 'files/links');
}, 120_000);
afterAll(() => machine.end());

it.each([
  ['its file', (out: string) => renameSync(join(machine.home, 'of others'), join(out, 'a/first'))],
  ['its folder', replaceFolder],
])(
  'further names are not made of what was put in the place of the first: %s',
  async (_, replace) => {
    writeFileSync(join(machine.home, 'of others'), 'of others');
    const out = join(machine.home, `out-${replace.name}`);
    mkdirSync(out);
    const child = spawn(process.execPath, [sherinctl, 'get', 'files/links', out], {
      env: machine.env,
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    while (!existsSync(join(out, 'b/0'))) await sleep(1);
    child.kill('SIGSTOP');
    expect(names.map((name) => existsSync(join(out, name)))).toEqual([true, false, false]);
    replace(out);
    child.kill('SIGCONT');
    expect(await ended).toBe(0);
    const [first, second, third] = names.map((name) => join(out, name));
    expect([first, second, third].map((path = '') => readFileSync(path, 'utf8'))).toEqual([
      'of others',
      'good',
      'good',
    ]);
    // They are one file all the same.
    expect([second, third].map((path = '') => lstatSync(path).nlink)).toEqual([2, 2]);
    expect(lstatSync(second ?? '').ino).toBe(lstatSync(third ?? '').ino);
  },
  60_000,
);

function replaceFolder(out: string): void {
  renameSync(join(out, 'a'), join(machine.home, 'moved'));
  mkdirSync(join(machine.home, 'another'));
  writeFileSync(join(machine.home, 'another/first'), 'of others');
  symlinkSync(join(machine.home, 'another'), join(out, 'a'));
}
