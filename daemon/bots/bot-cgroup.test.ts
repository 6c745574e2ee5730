import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BotCgroup } from './bot-cgroup.js';
import { botLimitsSchema } from './manifest.js';
import { limitsInForce } from './sandbox.js';

const limits = botLimitsSchema.parse({});

test('without a group other means are in force, and it is said', () => {
  expect(limitsInForce({ uid: null, cgroup: null })).toEqual({
    memory: 'watched',
    processes: 'rlimit',
    processor: 'rlimit',
    user: 'shared',
  });
});

test('a group, where the machine has them, sets what it says, ends all in it, and goes', async () => {
  const cgroup = BotCgroup.make(`test-${process.pid}`, limits);
  // Where there is none, nothing may be left of the attempt; the bots' own tests run with what is there.
  if (cgroup === null) return;
  const read = (name: string) => readFileSync(join(cgroup.path, name), 'utf8').trim();
  if (cgroup.inForce.has('memory')) expect(read('memory.max')).toBe(`${limits.memory}`);
  if (cgroup.inForce.has('pids')) expect(read('pids.max')).toBe(`${limits.processes}`);
  if (cgroup.inForce.has('cpu')) expect(read('cpu.max')).toBe('100000 100000');
  expect(limitsInForce({ uid: 5, cgroup }).memory).toBe(cgroup.inForce.has('memory') ? 'cgroup' : 'watched');

  const enter = 'echo 0 > "$1" && (sleep 999 & setsid sleep 999 & wait)';
  const child = spawn('sh', ['-c', enter, 'sh', cgroup.procs], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  while (read('cgroup.procs').split('\n').length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  cgroup.kill();
  expect(await ended).toBe('SIGKILL');
  while (read('cgroup.procs') !== '') await new Promise((resolve) => setTimeout(resolve, 10));
  cgroup.remove();
  expect(existsSync(cgroup.path)).toBe(false);
});
