/** Descriptors that a client passes: files of a file system of its own, which refuses, waits, or never answers. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import { memfd } from '../../native/ipc.js';
import { Machine } from './machine.js';
import { Program } from './program.js';
import { until } from './wait.js';

vi.setConfig({ testTimeout: 120_000 });

/**
 * A file system whose files misbehave by name: the close of `refusing` is EIO, that of `stuck` is never answered; a write to
 * `hanging` never, one to `slow` once the file `release` is there. Writes to `slow` are counted in the file `writes`.
 */
const script = `
const fs = require('fs');
const Fuse = require(process.argv[1]);
const [, , place, home] = process.argv;
const now = new Date();
const stat = (mode, size) => ({ mode, size, nlink: 1, uid: process.getuid(), gid: process.getgid(), atime: now, mtime: now, ctime: now });
let writes = 0;
const operations = {
  getattr: (path, done) => done(0, path === '/' ? stat(0o40755, 0) : stat(0o100600, 1 << 20)),
  open: (path, flags, done) => done(0, 1),
  flush: (path, fd, done) => { if (path !== '/stuck') done(path === '/refusing' ? Fuse.EIO : 0); },
  read: (path, fd, buffer, length, position, done) => done(0),
  write: (path, fd, buffer, length, position, done) => {
    if (path === '/hanging') return;
    if (path !== '/slow') return done(length);
    fs.writeFileSync(home + '/writes', String(++writes));
    const answer = () => (fs.existsSync(home + '/release') ? done(length) : setTimeout(answer, 50));
    answer();
  },
};
new Fuse(place, operations, { timeout: false }).mount((error) => console.log(error ?? 'mounted'));
`;

/** Passes a file with a request that takes none, or with no byte at all. */
const passing = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
fd = os.open(sys.argv[2], os.O_RDWR)
request = b'{"jsonrpc":"2.0","id":1,"method":"status","params":{}}'
s.sendmsg([request if sys.argv[3] == 'request' else b''], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))])
s.recv(1 << 17)
print('passed')
sys.stdin.read()
`;

const content = randomBytes(3_000_000);
let machine: Machine;
let files: ChildProcess;
let place: string;
/** Left open: closing one means to ask its file system. */
const open = new Set<number>();

beforeAll(async () => {
  machine = Machine.start();
  place = join(machine.home, 'place');
  mkdirSync(place);
  const fuse = createRequire(import.meta.url).resolve('fuse-native');
  files = spawn(process.execPath, ['-e', script, fuse, place, machine.home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await new Promise((resolve) => files.stdout?.once('data', (...data) => resolve(data)))) as [
    Buffer,
  ];
  expect(said.toString()).toBe('mounted\n');
  writeFileSync(join(machine.home, 'data'), content);
  machine.ok('put', join(machine.home, 'data'), 'files/data');
});
afterAll(() => {
  files.kill('SIGKILL');
  spawnSync('fusermount', ['-uzq', place]);
  machine.end();
});

const connect = (): ControlClient => ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
const descriptor = (name: string, flags = 'r+'): number => {
  const fd = openSync(join(place, name), flags);
  open.add(fd);
  return fd;
};
const code = (name: string) => expect.objectContaining({ code: name });

it('can not end sherin-fs by an error of their close', async () => {
  const pid = machine.fsPid;
  const fd = descriptor('refusing');
  await expect(machineCall('status', fd)).rejects.toThrow(code('PROTOCOL'));
  await sleep(300);
  expect(machine.fsPid).toBe(pid);
  expect(machine.log).not.toMatch(/"level":[56]0/);
});

/** A process of its own holds the file: whoever closes it waits, and so does the child of whoever starts one. */
async function expectServed(message: 'request' | 'nothing'): Promise<void> {
  const socket = join(machine.home, 'run/sherin-fs.sock');
  const holder = new Program(passing, [socket, join(place, 'stuck'), message]);
  try {
    expect(await holder.answer()).toBe('passed');
    await sleep(300);
    expect((await machine.call('status', {})).vault.state).toBe('unlocked');
    const compared = spawn('cmp', [join(machine.mount, 'files/data'), join(machine.home, 'data')]);
    expect(await new Promise((resolve) => compared.once('close', resolve))).toBe(0);
  } finally {
    holder.kill();
  }
}

it('can not stop it by a close that is never answered', () => expectServed('request'));

it('can not stop it by one that comes with no byte', () => expectServed('nothing'));

it('are asked for a secret only when they are sealed memory files', async () => {
  const plain = memfd('secret', 0);
  writeSync(plain, readFileSync(machine.recoveryFile));
  const shared = openSync('/dev/shm', 'r');
  for (const fd of [plain, shared, descriptor('hanging'), openSync(join(machine.mount, 'files/data'), 'r')]) {
    await expect(machineCall('unlock', fd)).rejects.toThrow(code('USAGE'));
    if (!open.has(fd)) closeSync(fd);
  }
});

it('take content only when they are regular files open for writing, at a place that exists', async () => {
  const client = connect();
  const read = (fd: number, more: object = {}) =>
    client.call('read', { target: 'files/data', offset: 0, length: 10, at: 0, ...more }, { fds: [fd] });
  const [directory, device, source] = [
    openSync(machine.home, 'r'),
    openSync('/dev/null', 'r+'),
    openSync(join(machine.home, 'data'), 'r'),
  ];
  const target = openSync(join(machine.home, 'copy'), 'w+');
  try {
    for (const fd of [directory, device, source]) await expect(read(fd)).rejects.toThrow(code('USAGE'));
    for (const number of [0.5, 1e300, -1, 2 ** 53]) {
      for (const name of ['offset', 'length', 'at'])
        await expect(read(target, { [name]: number })).rejects.toThrow(code('PROTOCOL'));
    }
    await expect(read(target, { at: 2 ** 53 - 1 })).rejects.toThrow(code('USAGE'));
    expect(await read(target, { length: 2 ** 53 - 1 })).toEqual({ bytes: content.length });
    expect(readFileSync(join(machine.home, 'copy')).equals(content)).toBe(true);
    expect(machine.log).not.toMatch(/"level":[56]0/);
  } finally {
    for (const fd of [directory, device, source, target]) closeSync(fd);
    client.close();
  }
});

it('get nothing more once lock has answered, but the write under way', async () => {
  const client = connect();
  const fd = descriptor('slow');
  const params = { target: 'files/data', offset: 0, length: content.length, at: 0 };
  const read = client.call('read', params, { fds: [fd] });
  read.catch(() => undefined);
  const writes = () => readFileSync(join(machine.home, 'writes'), 'utf8');
  await until('nothing was written', () => existsSync(join(machine.home, 'writes')));
  machine.ok('lock');
  const before = Number(writes());
  writeFileSync(join(machine.home, 'release'), '');
  await expect(read).rejects.toThrow(code('LOCKED'));
  // A write of one vertex reaches the file system in pieces.
  expect(Number(writes()) - before).toBeLessThan(65_536 / 4096);
  client.close();
  machine.ok('unlock');
});

it('that hang on a write hold up neither the mount nor another client', async () => {
  const client = connect();
  const fd = descriptor('hanging');
  for (let i = 0; i < 16; i++) {
    const params = { target: 'files/data', offset: i * 100_000, length: 100_000, at: i * 100_000 };
    client.call('read', params, { fds: [fd] }).catch(() => undefined);
  }
  await sleep(500);
  const done = (...args: string[]) => machine.begin(...args).outcome;
  const compared = spawn('cmp', [join(machine.mount, 'files/data'), join(machine.home, 'data')]);
  expect(await new Promise((resolve) => compared.once('close', resolve))).toBe(0);
  expect(await done('get', 'files/data', join(machine.home, 'got'))).toMatchObject({ code: 0 });
  expect(readFileSync(join(machine.home, 'got')).equals(content)).toBe(true);
  expect(await done('verify')).toMatchObject({ code: 0 });
  client.close();
});

/** One call that carries a descriptor, on a connection of its own. */
async function machineCall(method: 'status' | 'unlock', fd: number): Promise<unknown> {
  const client = connect();
  try {
    return method === 'status'
      ? await client.call(method, {}, { fds: [fd] })
      : await client.call(method, { slot: 'recovery' }, { fds: [fd] });
  } finally {
    client.close();
  }
}
