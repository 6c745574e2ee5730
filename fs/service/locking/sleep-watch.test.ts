/** A bus of its own with a logind of its own: the programs that speak to them are those that speak to the machine's. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeLogger } from '../../../common/log.js';
import { SleepWatch } from './sleep-watch.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-bus-'));
const socket = join(folder, 'bus');
const before = process.env.DBUS_SYSTEM_BUS_ADDRESS;
let bus: ChildProcess;
let logind: ChildProcess;
let said: AsyncIterator<string>;
let order: string[] = [];
let lock: () => Promise<void>;
let watch: SleepWatch;

beforeAll(async () => {
  const policy = '<allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/>';
  writeFileSync(
    join(folder, 'bus.conf'),
    `<busconfig><type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth><policy context="default">${policy}</policy></busconfig>`,
  );
  const options = ['--nofork', '--nopidfile', '--print-address', `--config-file=${join(folder, 'bus.conf')}`];
  bus = spawn('dbus-daemon', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  if (bus.stdout !== null) await once(bus.stdout, 'data');
  logind = spawn('python3', [join(import.meta.dirname, 'logind.fixture.py'), socket], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (logind.stdout !== null) said = createInterface({ input: logind.stdout })[Symbol.asyncIterator]();
  expect(await next()).toBe('ready');
  process.env.DBUS_SYSTEM_BUS_ADDRESS = `unix:path=${socket}`;
  watch = new SleepWatch({ lock: () => lock(), log: makeLogger('test', { SHERIN_LOG: 'silent' }) });
  watch.start();
});
beforeEach(() => {
  order = [];
  lock = async () => {
    order.push('locked');
  };
});
afterAll(() => {
  watch.stop();
  logind.kill();
  bus.kill();
  if (before === undefined) delete process.env.DBUS_SYSTEM_BUS_ADDRESS;
  else process.env.DBUS_SYSTEM_BUS_ADDRESS = before;
  rmSync(folder, { recursive: true, force: true });
});

async function next(): Promise<string> {
  const word = String((await said.next()).value);
  order.push(word);
  return word;
}

test('the machine sleeps only when the vault is locked, and is held up again once it is awake', async () => {
  expect(await next()).toBe('held');
  logind.stdin?.write('sleep\n');
  expect(await next()).toBe('released');
  // Nobody else on the bus is believed.
  const forged = [
    '/org/freedesktop/login1',
    'org.freedesktop.login1.Manager',
    'PrepareForSleep',
    'b',
    'true',
  ];
  execFileSync('busctl', [`--address=unix:path=${socket}`, 'emit', ...forged]);
  logind.stdin?.write('wake\n');
  expect(await next()).toBe('held');
  expect(watch.watching).toBe(true);
  logind.stdin?.write('sleep\n');
  expect(await next()).toBe('released');
  expect(order).toEqual(['held', 'locked', 'released', 'held', 'locked', 'released']);
});

test('a lock that takes longer than a sleep does not let go of the next one', async () => {
  let finish: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  logind.stdin?.write('wake\n');
  expect(await next()).toBe('held');
  lock = () => {
    lock = async () => {
      finish();
      // Whoever let go now would be heard before.
      await setTimeout(300);
      order.push('locked');
    };
    return slow;
  };
  logind.stdin?.write('sleep\nwake\nsleep\n');
  expect(await next()).toBe('released');
  expect(order).toEqual(['held', 'locked', 'released']);
});
