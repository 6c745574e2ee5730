import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasEnded, peerOf, peerPidfd } from '../ipc.js';
import { openDescriptors, Place } from './socket.fixture.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

const descriptor = (socket: Socket): number =>
  (socket as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;

test('the peer of a stream socket is the process that connected, and is seen to end', async () => {
  const path = join(place.directory, 'stream');
  const server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, 'listening');
  const before = openDescriptors();
  const script = 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(1)';
  const child = spawn('python3', ['-c', script, path]);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const fd = descriptor(socket);
  const who = { pid: child.pid, uid: process.getuid?.(), gid: process.getgid?.() };
  expect(peerOf(fd)).toMatchObject(who);
  const pidfd = peerPidfd(fd);
  expect(hasEnded(pidfd)).toBe(false);
  const ended = once(child, 'exit');
  socket.write('x');
  await ended;
  expect(hasEnded(pidfd)).toBe(true);
  closeSync(pidfd);
  // As it was when it connected.
  expect(peerOf(fd)).toMatchObject(who);
  socket.destroy();
  await once(socket, 'close');
  await new Promise((resolve) => server.close(resolve));
  expect(openDescriptors()).toBeLessThan(before);
});

test('what is no socket is refused', () => {
  const fd = openSync('/dev/null', 'r');
  for (const call of [peerOf, peerPidfd]) {
    expect(() => call(fd)).toThrow(expect.objectContaining({ code: 'ENOTSOCK', syscall: 'getsockopt' }));
  }
  closeSync(fd);
  expect(() => hasEnded(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  for (const call of [peerOf, peerPidfd, hasEnded] as ((...values: unknown[]) => unknown)[]) {
    for (const value of [undefined, '1', -1, 1.5, Number.NaN, {}]) {
      expect(() => call(value)).toThrow(TypeError);
    }
  }
});
