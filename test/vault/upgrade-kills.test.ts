/** One of two sherin-fs is killed in the middle of a handover: the mount is served or cleared, and what was fsynced is there. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { gone, until } from './wait.js';

let machine: Machine;
let at: string;

beforeAll(() => {
  machine = Machine.empty();
  at = join(machine.home, 'kill-at');
  mkdirSync(join(machine.home, 'built'));
  const shim = join(machine.home, 'built/word-kill.so');
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', shim, join(import.meta.dirname, 'word-kill.c')]);
  machine.init();
  Object.assign(machine.env, { LD_PRELOAD: shim, SHERIN_KILL_AT: at });
  machine.ok('up');
});
afterAll(() => machine.end());

/** Of each word who says it, and when he can be killed; the old one says `take` and `go`. */
const steps = ['hello', 'take', 'prepared', 'go', 'serving'].flatMap((word) =>
  ['before', 'after', 'heard'].map((when) => ({ when, word })),
);
/** The rest comes with SHERIN_TESTS=all. */
const some = ['heard prepared', 'before serving'];
const all = process.env.SHERIN_TESTS === 'all';
const tried = steps.filter(({ when, word }) => all || some.includes(`${when} ${word}`));

/** Appends lines with fsync, and says each that is durable; ends with the first error. */
const appender = `
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
number = 0
try:
    while True:
        os.write(fd, b"%09d\\n" % number)
        os.fsync(fd)
        number += 1
        print(number, flush=True)
except OSError:
    pass
`;

/** Whether the mount answers. One that hangs meets the patience of the test. */
async function served(): Promise<boolean> {
  const child = spawn('stat', ['-f', '-c', '%T', '--', machine.mount], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const [code] = (await once(child, 'exit')) as [number];
  return code === 0 && /fuse/.test(said);
}

it.each(tried)('killed $when it: $word', async ({ when, word }) => {
  const file = join(machine.mount, 'files', `${when}-${word}`);
  const writer = spawn('python3', ['-c', appender, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(writer, 'exit');
  let said = '';
  writer.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const durable = (): number => Number(said.trimEnd().split('\n').at(-1) ?? 0);
  await until('nothing is written', () => durable() > 5);
  const before = machine.fsPid;
  writeFileSync(at, `${when} ${word}\n`);
  const outcome = await machine.call('upgrade', {}).then(
    () => 'replaced' as const,
    () => 'failed' as const,
  );
  await until('nobody was killed', () => !existsSync(at));
  const oldLives = existsSync(`/proc/${before}`) && outcome === 'failed' && (await lives(before));
  if (oldLives) {
    // It goes on: so does who writes.
    const now = durable();
    await until('writing does not go on', () => durable() > now + 5);
    expect(await served()).toBe(true);
    writer.kill('SIGKILL');
  } else {
    await gone(before);
    if (outcome === 'replaced') writer.kill('SIGKILL');
  }
  await ended;
  if (!oldLives) machine.ok('up');
  expect(await served()).toBe(true);
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  expect(lines.length).toBeGreaterThanOrEqual(durable());
  expect(lines).toEqual(lines.map((_, number) => String(number).padStart(9, '0')));
  if (all) machine.ok('fsck');
});

/** Whether the process answers still, once whoever was killed is gone. */
async function lives(pid: number): Promise<boolean> {
  try {
    return (await machine.call('status', {})).fs.pid === pid;
  } catch {
    return false;
  }
}
