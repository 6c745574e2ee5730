/** sherind over everything real: what it starts, what it brings back, what it leaves alone. */
import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect, listen } from '../../native/ipc.js';
import { Machine } from '../vault/machine.js';
import { gone } from '../vault/wait.js';
import { Receiver, Sherind, sessionOf } from './sherind.js';

let machine: Machine;
let sherind: Sherind | null = null;
const content = 'kept by sherin-fs, watched by sherind\n';

beforeAll(() => {
  machine = Machine.start();
  // Bots are others, and have to pass.
  chmodSync(machine.home, 0o711);
  writeFileSync(join(machine.home, 'letter'), content);
  machine.ok('put', join(machine.home, 'letter'), 'files/letter');
  machine.ok('down');
});
afterEach(async () => {
  await sherind?.end();
  sherind = null;
  machine.run('down');
});
afterAll(() => machine.end());

async function start(env: NodeJS.ProcessEnv = {}): Promise<Sherind> {
  sherind = await Sherind.start(machine, env);
  return sherind;
}

const letter = (): string => readFileSync(join(machine.mount, 'files/letter'), 'utf8');
const socket = (): string => join(machine.home, 'run/sherind.sock');
const kill = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGKILL');
  await gone(pid);
};

/** Stands between sherind and the sherin-fs that runs, and kills that at the n-th thing it is asked; everything before is passed on. */
function killAtRequest(nth: number): void {
  const { fsPid } = machine;
  const path = join(machine.home, 'run/sherin-fs.sock');
  renameSync(path, `${path}.real`);
  let requests = 0;
  const server = listen(path, 0o600, (asker) => {
    const fs: Connection = connect(`${path}.real`, {
      message: (answer) => void asker.send(answer),
      close: () => asker.close(),
    });
    const message = (request: Buffer): void => {
      requests += 1;
      if (requests < nth) return void fs.send(request);
      server.close();
      process.kill(fsPid, 'SIGKILL');
    };
    return { message, close: () => fs.close() };
  });
}

/** Kills what a process starts as soon as it is sherin-fs. */
async function killStarting(parent: number, times: number): Promise<void> {
  for (let killed = 0; killed < times; ) {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8');
    for (const pid of children.split(' ').filter(Boolean).map(Number)) {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0serve\0')) continue;
      await kill(pid);
      killed += 1;
    }
    await sleep(1);
  }
}

describe('sherind', () => {
  it('starts sherin-fs, mounts, tells how things are; SIGTERM ends both and unmounts', async () => {
    const daemon = await start();
    expect(letter()).toBe(content);
    expect(statSync(socket()).mode & 0o777).toBe(0o660);
    const { fsPid } = machine;
    expect(await daemon.call('system.status')).toMatchObject({
      state: 'running',
      pid: daemon.pid,
      vault: { state: 'unlocked' },
      tpm: 'software',
      mount: { driver: 'native', allowOther: false },
      fs: { pid: fsPid },
      restarts: 0,
      lastError: null,
    });
    expect(await daemon.call('system.health')).toEqual({ ok: true, reasons: [] });
    expect(machine.ok('status')).toContain(`sherind:  pid ${daemon.pid}, running, 0 restarts`);
    expect(await daemon.kill('SIGTERM')).toBe(0);
    await gone(fsPid);
    expect(existsSync(socket())).toBe(false);
    expect(existsSync(join(machine.mount, 'files'))).toBe(false);
    expect(machine.run('status').code).toBe(6);
  });

  it('brings a killed sherin-fs back, mounted, and counts it', async () => {
    const daemon = await start();
    const before = machine.fsPid;
    await kill(before);
    await daemon.until(({ state, restarts }) => state === 'running' && restarts === 1);
    expect(letter()).toBe(content);
    expect(machine.fsPid).not.toBe(before);
    expect(machine.status().mount?.path).toBe(machine.mount);
    expect(await daemon.call('system.health')).toEqual({ ok: true, reasons: [] });
  });

  it('follows a sherin-fs that was replaced, counts no restart, and brings back the one that goes on', async () => {
    const daemon = await start();
    const { pid } = await machine.call('upgrade', {});
    await daemon.until(({ state, fs }) => state === 'running' && fs?.pid === pid);
    expect(await daemon.call('system.status')).toMatchObject({ restarts: 0, lastError: null });
    expect(await daemon.call('system.health')).toEqual({ ok: true, reasons: [] });
    expect(letter()).toBe(content);
    await kill(pid);
    await daemon.until(({ state, restarts }) => state === 'running' && restarts === 1);
    expect(letter()).toBe(content);
  });

  it('brings it back in the manner in which it ran', async () => {
    machine.ok('up', '--list-ids', '--verify', 'cube');
    const daemon = await start();
    await kill(machine.fsPid);
    await daemon.until(({ state, restarts }) => state === 'running' && restarts === 1);
    expect(machine.status()).toMatchObject({ fs: { verify: 'cube' }, mount: { listIds: true } });
  });

  it('killed itself disturbs nothing; the next one takes over', async () => {
    const daemon = await start();
    const { fsPid } = machine;
    expect(sessionOf(fsPid)).not.toBe(sessionOf(daemon.pid));
    // The whole process group, as a terminal or a careless script would.
    process.kill(-daemon.pid, 'SIGKILL');
    await daemon.ended;
    expect(letter()).toBe(content);
    const next = await start();
    expect(machine.fsPid).toBe(fsPid);
    expect(letter()).toBe(content);
    await kill(fsPid);
    await next.until(({ state, restarts }) => state === 'running' && restarts === 1);
    expect(letter()).toBe(content);
  });

  it('leaves a sherin-fs alone that was stopped on purpose, and takes over the next', async () => {
    const daemon = await start();
    // `down` would end sherind, too.
    await machine.call('stop', {});
    await daemon.until(({ state }) => state === 'stopped');
    expect(await daemon.call('system.health')).toEqual({ ok: false, reasons: ['fs-stopped'] });
    expect(machine.run('status').code).toBe(6);
    machine.ok('up', '--no-mount');
    await daemon.until(({ state, restarts }) => state === 'running' && restarts === 0);
    expect(await daemon.call('system.health')).toEqual({ ok: false, reasons: ['not-mounted'] });
    expect(machine.status().mount).toBeNull();
    expect(await daemon.kill('SIGINT')).toBe(0);
    expect(machine.run('status').code).toBe(6);
  });

  it.each([2, 4])(
    'starts another where the one that it takes over is killed when it is asked for the %i. time',
    async (nth) => {
      machine.ok('up');
      const { fsPid } = machine;
      killAtRequest(nth);
      await start();
      expect(machine.fsPid).not.toBe(fsPid);
      expect(letter()).toBe(content);
    },
  );

  it.each([
    [2, true],
    [3, false],
  ])('starts another where %i in a row are killed before they serve: %s', async (times, starts) => {
    const daemon = Sherind.launch(machine);
    sherind = daemon;
    await killStarting(daemon.pid, times);
    if (starts) {
      await daemon.until(({ state }) => state === 'running');
      expect(letter()).toBe(content);
    } else {
      expect(await daemon.ended).toBe(1);
      expect(daemon.log).toContain('sherin-fs was ended by SIGKILL before it served');
    }
  });

  it('is there once: a second one ends and says so', async () => {
    await start();
    const second = Sherind.launch(machine);
    expect(await second.ended).toBe(1);
    expect(second.log).toContain('another sherind answers');
    expect(letter()).toBe(content);
  });

  it('says why it can not start, and leaves nothing behind', async () => {
    const vault = join(machine.home, 'no-vault');
    const missing = Sherind.launch(machine, { SHERIN_VAULT: vault });
    expect(await missing.ended).toBe(1);
    expect(missing.log).toContain(`there is no vault at ${vault}`);
    const used = Sherind.launch(machine, { SHERIN_MOUNT: machine.vault });
    expect(await used.ended).toBe(1);
    expect(used.log).toContain('can not mount at');
    expect(existsSync(socket())).toBe(false);
    expect(machine.run('status').code).toBe(6);
  });
});

describe('the service manager', () => {
  it('hears from sherind when it is ready and when it stops, and nothing from its sherin-fs', async () => {
    const manager = await Receiver.bind(join(machine.home, 'notify'));
    try {
      const daemon = await start({ NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '400000' });
      expect(await manager.next()).toBe('READY=1');
      for (let times = 0; times < 3; times++) expect(await manager.next()).toBe('WATCHDOG=1');
      await daemon.kill('SIGTERM');
      let word = await manager.next();
      while (word === 'WATCHDOG=1') word = await manager.next();
      expect(word).toBe('STOPPING=1');
    } finally {
      manager.end();
    }
  });

  it('hears from a sherin-fs that it started itself', async () => {
    const manager = await Receiver.bind(join(machine.home, 'notify-fs'));
    const program = join(import.meta.dirname, '../../dist/fs/main.js');
    try {
      const line = `NOTIFY_SOCKET=${manager.path} ${process.execPath} ${program} serve >serve.log 2>&1 & echo $!`;
      const pid = Number(machine.shell(line).out);
      expect(await manager.next()).toBe('READY=1');
      expect(machine.fsPid).toBe(pid);
      machine.ok('down');
      expect(await manager.next()).toBe('STOPPING=1');
    } finally {
      manager.end();
    }
  });

  it('that is reached by an abstract socket only is named in the log; the daemon serves', async () => {
    const daemon = await start({ NOTIFY_SOCKET: '@sherin-test' });
    expect(letter()).toBe(content);
    expect(daemon.log).toContain('NOTIFY_SOCKET failed');
  });
});
