import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { systemCode } from '../../common/errors.js';
import { BotCgroup, type Controller, controllers, ownFolder } from './bot-cgroup.js';
import { type BotLimits, botLimitsSchema } from './manifest.js';
import { limitsInForce } from './sandbox.js';

const usual = botLimitsSchema.parse({});
/** What is in force without a group, by the controller that it stands in for. */
const without = { memory: 'watched', pids: 'rlimit', cpu: 'rlimit' } as const;

let cgroup: BotCgroup | null = null;
let made = 0;
afterEach(async () => {
  if (cgroup === null) return;
  cgroup.kill();
  while (read('cgroup.procs') !== '') await sleep(10);
  cgroup.remove();
  expect(existsSync(cgroup.path)).toBe(false);
  cgroup = null;
});

const make = (limits: BotLimits): BotCgroup | null => BotCgroup.make(`test-${process.pid}-${made++}`, limits);
const read = (name: string): string => readFileSync(join(cgroup?.path ?? '', name), 'utf8').trim();
/** A number of a file with a name and a number in each line. */
const count = (file: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(read(file))?.[1] ?? Number.NaN);

/** Runs a shell line in the group. */
function inside(line: string): { readonly child: ChildProcess; readonly ended: Promise<unknown> } {
  const enter = `echo 0 > "$1" && ${line}`;
  const child = spawn('sh', ['-c', enter, 'sh', cgroup?.procs ?? ''], { stdio: 'ignore' });
  return {
    child,
    ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code))),
  };
}

/** What the machine lacks for groups at all, by its own word; null: nothing. */
function lackOfGroups(): string | null {
  const base = ownFolder();
  if (base === null) {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const group = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    if (/ - cgroup2 /.test(mounts) && group !== undefined)
      return `of the cgroup ${group} of version 2 there is no folder here`;
    return 'there is no cgroup hierarchy of version 2';
  }
  const folder = join(base, `test-${process.pid}`);
  try {
    mkdirSync(folder);
    rmdirSync(folder);
    return null;
  } catch (error) {
    return `no group can be made in ${base} (${systemCode(error)})`;
  }
}

/** As {@link lackOfGroups}, for one controller. */
function lackOf(controller: Controller): string | null {
  const base = ownFolder();
  const none = lackOfGroups();
  if (none !== null || base === null) return none;
  if (!readFileSync(join(base, 'cgroup.controllers'), 'utf8').split(/\s+/).includes(controller))
    return `the hierarchy of version 2 has no controller ${controller} here`;
  try {
    writeFileSync(join(base, 'cgroup.subtree_control'), `+${controller}`, { flag: 'r+' });
    return null;
  } catch (error) {
    return `${base} hands ${controller} down to nobody (${systemCode(error)})`;
  }
}

/** A limit that could not be tried has not passed in silence. */
function tell(lack: string): void {
  process.stderr.write(`not tried on this machine: ${lack}\n`);
}

/** True where the limit can be tried; else it is said what the machine lacks, and what must hold a bot instead. */
function isInForce(controller: Controller, limits: BotLimits): boolean {
  const lack = lackOf(controller);
  cgroup = make(limits);
  const { memory, processes, processor } = limitsInForce({ uid: 5, cgroup });
  const held = { memory, pids: processes, cpu: processor }[controller];
  if (lack === null) {
    expect(held).toBe('cgroup');
    return true;
  }
  tell(lack);
  expect(held).toBe(without[controller]);
  return false;
}

test('without a group other means are in force, and it is said', () => {
  expect(limitsInForce({ uid: null, cgroup: null })).toEqual({
    ...{ memory: 'watched', processes: 'rlimit', processor: 'rlimit', user: 'shared' },
  });
});

test('a group sets what it says, ends all in it, and goes; there is one unless the machine has none', async () => {
  const lack = lackOfGroups();
  cgroup = make(usual);
  expect(cgroup === null).toBe(lack !== null);
  if (lack !== null) tell(lack);
  if (cgroup === null) return;
  const set = {
    memory: ['memory.max', `${usual.memory}`],
    pids: ['pids.max', `${usual.processes}`],
  } as const;
  for (const [file, text] of controllers.flatMap((name) =>
    cgroup?.inForce.has(name) ? [name === 'cpu' ? (['cpu.max', '100000 100000'] as const) : set[name]] : [],
  ))
    expect(read(file)).toBe(text);

  const { ended } = inside('(sleep 999 & setsid sleep 999 & wait)');
  while (read('cgroup.procs').split('\n').length < 4) await sleep(10);
  cgroup.kill();
  expect(await ended).toBe('SIGKILL');
});

describe('the limit of a group holds', () => {
  test('memory: who takes more is killed, and all of the bot with it', async () => {
    const limits = botLimitsSchema.parse({ memory: 64 * 2 ** 20 });
    if (!isInForce('memory', limits)) return;
    const neighbour = inside('exec sleep 999');
    while (read('cgroup.procs') === '') await sleep(10);
    const { ended } = inside(`exec python3 -c 'x = b"x" * (512 << 20)'`);
    expect([await ended, await neighbour.ended]).toEqual(['SIGKILL', 'SIGKILL']);
    expect(count('memory.events', 'oom_kill')).toBeGreaterThanOrEqual(1);
  });

  test('processes: no more of them than it says', async () => {
    const limits = botLimitsSchema.parse({ processes: 8 });
    if (!isInForce('pids', limits)) return;
    inside('(for n in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 999 & done; wait)');
    while (count('pids.events', 'max') === 0) await sleep(10);
    expect(read('cgroup.procs').split('\n').length).toBeLessThanOrEqual(8);
  });

  test('computing: on one processor at a time', async () => {
    if (!isInForce('cpu', usual)) return;
    inside('(while :; do :; done & while :; do :; done & while :; do :; done)');
    // Where there is but one processor, nothing has to be held back.
    if (/^0(\n|$)/.test(readFileSync('/sys/devices/system/cpu/online', 'utf8'))) return;
    while (count('cpu.stat', 'nr_throttled') === 0) await sleep(10);
  });
});
