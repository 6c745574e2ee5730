import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Client, Peer } from './caller.js';
import { silent } from './daemon.fixture.js';
import { busyLine } from './dispatch.js';
import { LineServer } from './line-server.js';

let folder: string;
let server: LineServer;
let peers: Peer[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  peers = [];
  const answer = async (_: unknown, { peer }: Client): Promise<Buffer> => {
    peers.push(peer);
    return Buffer.from('\n');
  };
  server = await LineServer.listen({ path: path(), answer, busy: busyLine, log: silent });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const path = (): string => join(folder, 'sherind.sock');
const script = `
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b'\\n'); s.recv(1); sys.stdin.read()`;

it('each connection has the peer that the kernel names; one that has ended has no process', async () => {
  const child = spawn('python3', ['-c', script, path()], { stdio: ['pipe', 'ignore', 'inherit'] });
  while (peers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [peer] = peers;
  expect(peer).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.(), pid: child.pid });
  child.stdin.end();
  await once(child, 'exit');
  expect(peer?.pid).toBeNull();
});

it.runIf(process.getuid?.() === 0)('another user comes with its groups', async () => {
  chmodSync(folder, 0o755);
  chmodSync(path(), 0o666);
  const who = ['--reuid', '65534', '--regid', '65533', '--groups', '5000,5001'];
  const child = spawn('setpriv', [...who, 'python3', '-c', script, path()], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'exit');
  expect(peers).toMatchObject([{ uid: 65534, gid: 65533, groups: [5000, 5001] }]);
});

it('leaves no descriptor behind', async () => {
  const open = (): number => readdirSync('/proc/self/fd').length;
  const connectOften = `
import socket, sys
for _ in range(100):
    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b'\\n'); s.recv(1); s.close()`;
  const before = open();
  const child = spawn('python3', ['-c', connectOften, path()], { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'exit');
  while (open() > before) await new Promise((resolve) => setImmediate(resolve));
  expect(peers).toHaveLength(100);
});
