/** Keys come into locked memory or not at all: a sherin-fs that may lock too little keeps the vault closed, says why, and opens it once it may. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keyMemoryBytes } from '../../common/key-memory.js';
import { Machine, type Outcome } from './machine.js';

/** As an ordinary user's programs, whom the limit holds: root's own have CAP_IPC_LOCK. */
const ordinary = process.getuid?.() === 0 ? 'setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock' : '';
const usual = 8 * 1024 * 1024;

let machine: Machine;
beforeAll(() => {
  machine = Machine.empty();
  machine.init();
});
afterAll(() => machine.end());

/** Runs sherinctl, which may lock so many bytes, as may what it starts. */
function within(bytes: number, line: string, input = ''): Outcome {
  return machine.shell(`${ordinary} prlimit --memlock=${bytes}:${bytes} $CTL ${line} ${input}`);
}

const limited = (bytes: number): string => `the process may lock ${bytes} (E`;

describe.each([0, 64 * 1024])('a sherin-fs that may lock %i bytes', (bytes) => {
  beforeEach(() => {
    machine.run('down');
  });

  it('opens the vault by no key, says so, and opens it once it may lock more', async () => {
    expect(within(bytes, 'up --no-daemon')).toMatchObject({ code: 0 });
    // Whoever comes to the mount, the TPM's slot, and the recovery key.
    expect(machine.shell('ls "$M/files"').code).not.toBe(0);
    for (const line of ['$CTL unlock', '$CTL unlock --recovery-fd 3 3<recovery']) {
      const { code, err } = machine.shell(line);
      expect(code).toBe(4);
      expect(err).toContain(limited(bytes));
      expect(err).toContain(`${keyMemoryBytes} bytes are to be locked`);
    }
    const { vault, fs } = machine.status();
    expect(vault).toMatchObject({ state: 'sealed', reason: { code: 'KEY_MEMORY' } });
    expect(fs.keyMemory).toMatch(/^no memory/);
    expect(machine.ok('why')).toContain('LimitMEMLOCK=');
    machine.ok('down');

    expect(within(keyMemoryBytes, 'up --no-daemon')).toMatchObject({ code: 0 });
    machine.ok('unlock');
    expect(machine.status().fs.keyMemory).toMatch(/^(memfd_secret|mlock)$/);
    const refusals = machine.ok('audit', 'tail', '-n', '100').match(/AUDIT_UNLOCK_REFUSED .*KEY_MEMORY/g);
    expect(refusals?.length).toBeGreaterThanOrEqual(3);
    expect(await machine.call('fsck', {})).toMatchObject({ clean: true });
    machine.ok('audit', 'verify');
  });

  it('makes no vault, and no recovery key', () => {
    const init = within(bytes, 'init new --yes --no-pin --recovery-out new-recovery');
    expect(init).toMatchObject({ code: 4, err: expect.stringContaining(limited(bytes)) });
    for (const name of ['new', 'new-recovery']) expect(existsSync(join(machine.home, name))).toBe(false);
    machine.ok('up');
    const before = machine.status().vault.slots;
    const add = within(bytes, 'key add recovery --yes --recovery-out more');
    expect(add).toMatchObject({ code: 4, err: expect.stringContaining(limited(bytes)) });
    expect(existsSync(join(machine.home, 'more'))).toBe(false);
    expect(machine.status().vault.slots).toEqual(before);
  });
});

it('a secret that is typed or given is refused by a sherinctl that may lock nothing', () => {
  machine.run('down');
  machine.ok('up');
  const refused = within(0, 'unlock --recovery-fd 3', '3<recovery');
  expect(refused).toMatchObject({ code: 4, err: expect.stringContaining(limited(0)) });
  expect(within(keyMemoryBytes, 'unlock --recovery-fd 3', '3<recovery')).toMatchObject({ code: 0 });
});

it.each([keyMemoryBytes, usual])('%i bytes are enough, also for one that takes over', (bytes) => {
  machine.run('down');
  expect(within(bytes, 'up --no-daemon')).toMatchObject({ code: 0 });
  const names = Array.from({ length: 700 }, (_, at) => `${at}`);
  const source = join(machine.home, `many-${bytes}`);
  mkdirSync(source);
  for (const name of names) writeFileSync(join(source, name), randomBytes(100));
  machine.ok('put', source, `files/many-${bytes}`);
  const read = (): void => {
    for (const name of readdirSync(source))
      expect(readFileSync(join(machine.mount, `files/many-${bytes}`, name))).toEqual(
        readFileSync(join(source, name)),
      );
  };
  read();
  expect(machine.shell('$CTL key rekey --recovery-fd 3 3<recovery')).toMatchObject({ code: 0 });
  machine.ok('upgrade');
  read();
  expect(machine.status().fs.keyMemory).toMatch(/^(memfd_secret|mlock)$/);
  if (bytes === keyMemoryBytes) expect(lockedBytes(machine.fsPid)).toBeLessThanOrEqual(bytes);
});

it('one that takes over, and may lock nothing, is sent away, and the one before goes on', () => {
  machine.run('down');
  expect(within(usual, 'up --no-daemon')).toMatchObject({ code: 0 });
  machine.ok('unlock');
  writeFileSync(join(machine.mount, 'files/kept'), 'as it was');
  const pid = machine.fsPid;
  execFileSync('prlimit', [`--pid=${pid}`, '--memlock=0:0']);
  expect(machine.run('upgrade')).toMatchObject({ code: 4, err: expect.stringContaining(limited(0)) });
  expect(machine.fsPid).toBe(pid);
  expect(readFileSync(join(machine.mount, 'files/kept'), 'utf8')).toBe('as it was');
  expect(machine.ok('audit', 'tail')).toMatch(/AUDIT_UPGRADE_FAILED .*KEY_MEMORY/);
});

function lockedBytes(pid: number): number {
  return Number(/^VmLck:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
