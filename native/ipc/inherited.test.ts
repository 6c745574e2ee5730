import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimListener } from '../ipc.js';
import { Place } from './socket.fixture.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

const ipc = resolve(import.meta.dirname, '../../build/Release/sherin_ipc.node');

/** A process that was started with a socket at descriptor 3. @returns what it prints about it */
function claimed(socket: string): string {
  const claim = `
    try { require(${JSON.stringify(ipc)}).claimListener(3); } catch (error) { console.log(error.code); process.exit(); }
    const [, flags] = /flags:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/fdinfo/3', 'utf8'));
    console.log((Number.parseInt(flags, 8) & 0o2000000) === 0 ? 'handed on' : 'closed in others');`;
  const parent = `
import os, socket, sys
s = ${socket}
if s.fileno() == 3: os.set_inheritable(3, True)
else: os.dup2(s.fileno(), 3)
os.execv(sys.argv[1], [sys.argv[1], '-e', sys.argv[2]])`;
  const args = ['-c', parent, process.execPath, claim, join(place.directory, 'passed')];
  return execFileSync('python3', args, { encoding: 'utf8' }).trim();
}

const bound = (kind: string, after: string) =>
  `socket.socket(socket.AF_UNIX, socket.${kind}); s.bind(sys.argv[3])${after}`;

test('a listening stream socket is taken over, and programs started later do not get it', () => {
  expect(claimed(bound('SOCK_STREAM', '; s.listen()'))).toBe('closed in others');
});

test.each([
  ['one that does not listen', bound('SOCK_STREAM', ''), 'EINVAL'],
  ['datagrams', bound('SOCK_DGRAM', ''), 'EPROTOTYPE'],
  ['packets', bound('SOCK_SEQPACKET', '; s.listen()'), 'EPROTOTYPE'],
  ['the network', "socket.create_server(('127.0.0.1', 0))", 'EAFNOSUPPORT'],
  ['a file', "open('/dev/null')", 'ENOTSOCK'],
])('%s is refused', (_, socket, code) => {
  expect(claimed(socket)).toBe(code);
});

test('what is no descriptor is refused', () => {
  const fd = openSync('/dev/null', 'r');
  closeSync(fd);
  expect(() => claimListener(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  for (const value of [undefined, '3', -1, 1.5, Number.NaN, {}])
    expect(() => (claimListener as (value: unknown) => void)(value)).toThrow(TypeError);
});
