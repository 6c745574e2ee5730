import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepWatchdog, notifyManager } from './notify.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is logged while the manager is notified at this socket. */
function warnings(socket: string | undefined): unknown[] {
  const logged: unknown[] = [];
  notifyManager('READY=1', { warn: (...line: unknown[]) => logged.push(line) }, { NOTIFY_SOCKET: socket });
  return logged;
}

it('sends one datagram to the socket', async () => {
  const path = join(folder, 'notify');
  const program = [
    'import socket, sys',
    's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); s.settimeout(20)',
    'print("bound", flush=True); print(s.recv(100), flush=True)',
  ];
  const manager = spawn('python3', ['-c', program.join('\n'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: manager.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('bound');
  expect(warnings(path)).toEqual([]);
  expect((await lines.next()).value).toBe("b'READY=1'");
});

it('tells the watchdog again and again, until it is ended, and only where it is meant', async () => {
  const heard: unknown[] = [];
  // No socket is there: each word is a line of the log.
  const log = { warn: (line: { state: string }) => heard.push(line.state) };
  const env = { NOTIFY_SOCKET: '/nonexistent/notify', WATCHDOG_USEC: '2000' };
  const others = [
    { ...env, WATCHDOG_PID: '1' },
    { ...env, WATCHDOG_USEC: '0' },
    { ...env, WATCHDOG_USEC: 'soon' },
    { NOTIFY_SOCKET: env.NOTIFY_SOCKET },
  ];
  const ends = others.map((one) => keepWatchdog(log as never, one));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toEqual([]);
  for (const end of [...ends, keepWatchdog(log as never, { ...env, WATCHDOG_PID: String(process.pid) })]) {
    if (end === undefined) continue;
    if (!ends.includes(end)) while (heard.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    end();
  }
  const before = heard.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toHaveLength(before);
  expect(new Set(heard)).toEqual(new Set(['WATCHDOG=1']));
});

it('does nothing where nobody asks for it', () => {
  expect(warnings(undefined)).toEqual([]);
  expect(warnings('')).toEqual([]);
});

it.each([
  ['an abstract socket', '@sherin-test', 'abstract'],
  ['a vsock address', 'vsock:2:1234', 'abstract or vsock'],
  ['a path that is too long', `/tmp/${'x'.repeat(200)}`, 'longer than 107 bytes'],
  ['a socket that is not there', '/nonexistent/notify', 'send'],
])('%s is one line of the log and nothing else', (_, socket, reason) => {
  expect(warnings(socket)).toEqual([
    [{ state: 'READY=1', reason: expect.stringContaining(reason) }, 'NOTIFY_SOCKET failed'],
  ]);
});
