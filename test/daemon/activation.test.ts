/** sherind with a socket that the service manager has opened: it serves there, leaves it, and hands it to nobody. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DaemonClient } from '../../daemon/client/daemon-client.js';
import { Machine } from '../vault/machine.js';
import { gone } from '../vault/wait.js';

const program = resolve(import.meta.dirname, '../../dist/daemon/main.js');

const activate = '/usr/bin/systemd-socket-activate';

let machine: Machine;
let started: ChildProcess[] = [];

const path = (): string => join(machine.home, 'run/sherind.sock');

interface Started {
  readonly child: ChildProcess;
  readonly log: () => string;
}

function start(command: string, args: readonly string[]): Started {
  const child = spawn(command, args, { env: machine.env, stdio: ['ignore', 'ignore', 'pipe'] });
  started.push(child);
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  return { child, log: () => log };
}

/** As a manager would that opens a socket and starts sherind with it as descriptor 3. */
const manager = `
import fcntl, os, socket, sys
make, path, *program = sys.argv[1:]
made = eval(make)
made = [fcntl.fcntl(s.detach(), fcntl.F_DUPFD, 10) for s in made]
for at, fd in enumerate(made): os.dup2(fd, 3 + at)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(made)), LISTEN_FDNAMES='sherind')
os.execv(program[0], program)`;

const listens = '(lambda s: (s.bind(path), s.listen(), [s])[2])(socket.socket(socket.AF_UNIX))';

function startWith(sockets: string): Started {
  return start('python3', ['-c', manager, sockets, path(), process.execPath, program]);
}

afterEach(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  started = [];
});

/** A client, once somebody listens; the answer comes when sherind has it. */
async function client(): Promise<DaemonClient> {
  for (let tries = 0; tries < 600; tries++) {
    try {
      return await DaemonClient.connect(path());
    } catch {
      await sleep(50);
    }
  }
  throw new Error('nobody listens');
}

/** Inode of the socket that listens at the path. */
function listening(): string {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  const line = lines.find((one) => one.endsWith(` ${path()}`) && one.split(' ')[3] === '00010000');
  return `socket:[${line?.trim().split(/\s+/)[6]}]`;
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

describe('socket activation', () => {
  beforeAll(() => {
    machine = Machine.start();
  });
  afterAll(() => machine.end());

  it('by systemd where it is installed, or somebody who does alike: the first client is answered', async () => {
    if (existsSync(activate))
      start(activate, ['--listen', path(), '--fdname=sherind', process.execPath, program]);
    else startWith(listens);
    const asking = await client();
    const status = await asking.call('system.status');
    expect(status.state).toMatch(/starting|running/);
    const environment = readFileSync(`/proc/${status.pid}/environ`, 'utf8');
    // As it was given, and none of it handed on.
    expect(environment).toContain(`LISTEN_PID=${status.pid}`);
    asking.close();
  });

  it('hands the socket to no program that it starts, and leaves it when it ends', async () => {
    machine.run('down');
    rmSync(path(), { force: true });
    const { child } = startWith(listens);
    const asking = await client();
    for (;;) {
      const { state } = await asking.call('system.status');
      if (state === 'running') break;
      await sleep(50);
    }
    const inode = listening();
    expect(socketsOf(child.pid ?? -1)).toContain(inode);
    const { fsPid } = machine;
    expect(socketsOf(fsPid)).not.toContain(inode);
    expect(readFileSync(`/proc/${fsPid}/environ`, 'utf8')).not.toMatch(/LISTEN_|WATCHDOG_|NOTIFY_/);
    asking.close();
    child.kill('SIGTERM');
    await once(child, 'close');
    await gone(fsPid);
    expect(child.exitCode).toBe(0);
    expect(statSync(path()).isSocket()).toBe(true);
  });

  it.each([
    ['a socket of datagrams', '[socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)]', '(EPROTOTYPE)'],
    ['one that does not listen', '[socket.socket(socket.AF_UNIX)]', '(EINVAL)'],
    ['one of the network', "[socket.create_server(('127.0.0.1', 0))]", '(EAFNOSUPPORT)'],
    [
      'several',
      '[socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]',
      '2 descriptors instead of one',
    ],
  ])('%s is refused in plain words, and nothing is started', async (_, sockets, reason) => {
    machine.run('down');
    const { child, log } = startWith(sockets);
    await once(child, 'close');
    expect(child.exitCode).toBe(1);
    expect(log()).toContain(`the service manager passed what sherind can not listen on`);
    expect(log()).toContain(reason);
    expect(existsSync(join(machine.home, 'run/sherin-fs.sock'))).toBe(false);
  });
});
