/** Files of other file systems in the hands of sherin-fs: one that never answers, and one that it serves itself. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import { Machine } from './machine.js';
import { until } from './wait.js';

vi.setConfig({ testTimeout: 120_000 });

/** A file system with one file; what is read from it or written to it waits for ever. */
const script = `
const Fuse = require(process.argv[1]);
const now = new Date();
const stat = (mode, size) => ({ mode, size, nlink: 1, uid: process.getuid(), gid: process.getgid(), atime: now, mtime: now, ctime: now });
const operations = {
  getattr: (path, done) => done(0, path === '/' ? stat(0o40755, 0) : stat(0o100600, 4 << 20)),
  open: (path, flags, done) => done(0, 1),
  read: () => undefined,
  write: () => undefined,
};
new Fuse(process.argv[2], operations, { timeout: false }).mount((error) => console.log(error ?? 'mounted'));
`;

let machine: Machine;
/** Ends the file systems that were mounted. */
const ends: (() => void)[] = [];

/** Mounts such a file system; one for each test, as a single request occupies all of it. @returns the path of its file */
async function hang(name: string): Promise<string> {
  const place = join(machine.home, name);
  mkdirSync(place);
  const fuse = createRequire(import.meta.url).resolve('fuse-native');
  const child = spawn(process.execPath, ['-e', script, fuse, place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(() => {
    child.kill('SIGKILL');
    spawnSync('fusermount', ['-uzq', place]);
  });
  const [said] = (await new Promise((resolve) => child.stdout.once('data', (...data) => resolve(data)))) as [
    Buffer,
  ];
  expect(said.toString()).toBe('mounted\n');
  return join(place, 'file');
}

beforeAll(() => {
  machine = Machine.start();
  writeFileSync(join(machine.home, 'data'), randomBytes(300_000));
  machine.ok('put', join(machine.home, 'data'), 'files/data');
});
afterAll(() => {
  for (const end of ends) end();
  machine.end();
});

it('of its own mount is imported like any other', async () => {
  const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
  const fd = openSync(join(machine.mount, 'files/data'), 'r');
  try {
    // The kernel has forgotten the attributes: whoever asks for them now asks the mount.
    await sleep(3000);
    const { transfer } = await client.call('put.begin', { destination: 'files', checksum: true });
    const attributes = {
      kind: 'file',
      mode: 0o600,
      uid: 0,
      gid: 0,
      atime: '0',
      mtime: '0',
    } as const;
    const entries = [{ ...attributes, path: 'copy', size: 300_000, fd: 0 }];
    const { outcomes } = await client.call('put.entries', { transfer, entries }, { fds: [fd] });
    expect(outcomes).toMatchObject([{ path: 'copy', outcome: 'stored', bytes: 300_000 }]);
    await client.call('put.end', { transfer });
    expect(machine.shell('cmp "$M/files/copy" data')).toMatchObject({ code: 0, err: '' });
  } finally {
    client.close();
    closeSync(fd);
  }
});

it('that asks a TPM which does not answer locks all the same, and its content goes first', async () => {
  expect(machine.shell('cmp "$M/files/data" data')).toMatchObject({ code: 0, err: '' });
  const [swtpm = -1] = machine.swtpmPids();
  // A write, so that the lock has a counter to raise.
  machine.ok('put', join(machine.home, 'data'), 'files/written');
  process.kill(swtpm, 'SIGSTOP');
  try {
    const locking = machine.begin('lock');
    let ended = false;
    locking.outcome.finally(() => {
      ended = true;
    });
    await until('content can still be read', () => machine.shell('cat "$M/files/data"').code !== 0);
    expect(ended).toBe(false);
    expect(await locking.outcome).toMatchObject({ code: 0 });
    expect(machine.status().vault.state).toBe('locked');
  } finally {
    process.kill(swtpm, 'SIGCONT');
  }
  machine.ok('unlock');
  expect(machine.shell('cmp "$M/files/written" data')).toMatchObject({ code: 0, err: '' });
});

it('that is imported holds up no other import, no scrub and no verify', async () => {
  const attributes = { kind: 'file', mode: 0o600, uid: 0, gid: 0, atime: '0', mtime: '0' } as const;
  const fd = openSync(await hang('source'), 'r');
  const clients = [1, 2].map(() => ControlClient.connect(join(machine.home, 'run/sherin-fs.sock')));
  try {
    for (const client of clients) {
      const { transfer } = await client.call('put.begin', { destination: 'files/never', checksum: true });
      const entries = [{ ...attributes, path: 'file', size: 4 << 20, fd: 0 }];
      client.call('put.entries', { transfer, entries }, { fds: [fd] }).catch(() => undefined);
    }
    await sleep(500);
    const done = (...args: string[]) => machine.begin(...args).outcome;
    expect(await done('put', join(machine.home, 'data'), 'files/other')).toMatchObject({ code: 0, err: '' });
    expect(machine.shell('cmp "$M/files/other" data')).toMatchObject({ code: 0, err: '' });
    expect(await done('scrub')).toMatchObject({ code: 0 });
    expect(await done('verify')).toMatchObject({ code: 0 });
  } finally {
    for (const client of clients) client.close();
    closeSync(fd);
  }
});

it('does not keep the vault from being locked, opened again and taken down', async () => {
  const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
  const fd = openSync(await hang('target'), 'r+');
  try {
    const read = client.call(
      'read',
      { target: 'files/data', offset: 0, length: 200_000, at: 0 },
      { fds: [fd] },
    );
    read.catch(() => undefined);
    await sleep(500);
    machine.ok('lock');
    expect(machine.status().vault.state).toBe('locked');
    expect(machine.run('cat', 'files/data').code).toBe(4);
    machine.ok('unlock');
    expect(machine.shell('cmp "$M/files/data" data')).toMatchObject({ code: 0, err: '' });
    machine.ok('down');
  } finally {
    client.close();
    closeSync(fd);
  }
});
