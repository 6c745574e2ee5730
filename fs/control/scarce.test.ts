/** A server that may open no more files, or make no more threads: clients hear why, and nothing is lost. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { ControlClient } from '../../daemon/client/control-client.js';
import { connect, listen } from '../../native/ipc.js';

let folder: string;
let path: string;
let child: ChildProcess;
let clients: ControlClient[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  path = join(folder, 's');
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.close();
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true });
});

const pid = (): string => String(child.pid);
const program = built(join(import.meta.dirname, 'scarce.child.ts'));

/** Starts it with a descriptor of ours as its third; it waits. */
async function start(command: readonly string[], args: readonly string[], given?: number): Promise<void> {
  const [first = '', ...rest] = [...command, process.execPath, program, path, ...args];
  const stdio = given === undefined ? [] : [given];
  child = spawn(first, rest, { stdio: ['pipe', 'pipe', 'inherit', ...stdio] });
  await said('there');
}

async function serve(): Promise<void> {
  child.stdin?.write('go\n');
  await said('serves');
}

function said(word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    child.stdout?.once('data', (text) =>
      String(text) === `${word}\n` ? resolve() : reject(new Error(text)),
    );
  });
}

/** As many files more as it may open from now on. */
function leave(files: number): void {
  const open = new Set(readdirSync(`/proc/${pid()}/fd`).map(Number));
  let limit = 0;
  for (let left = files; left > 0 || open.has(limit); limit++) if (!open.has(limit)) left -= 1;
  execFileSync('prlimit', [`--pid=${pid()}`, `--nofile=${limit}:`]);
}

async function asks(): Promise<unknown> {
  const client = ControlClient.connect(path);
  clients.push(client);
  return client.call('watch', {}).catch((error: unknown) => error);
}

const full = expect.objectContaining({ code: 'FS_FULL' });

it('who is turned away for want of descriptors hears of it, and is served once there are some', async () => {
  await start([], []);
  await serve();
  expect(await asks()).toEqual({ state: 'locked' });
  leave(0);
  for (let each = 0; each < 5; each++) expect(await asks()).toEqual(full);
  leave(2);
  expect([await asks(), await asks(), await asks()]).toEqual([
    { state: 'locked' },
    { state: 'locked' },
    full,
  ]);
});

it('so does who has sent nothing yet, and who sends when it is too late', async () => {
  await start([], []);
  await serve();
  leave(0);
  const silent = ControlClient.connect(path);
  clients.push(silent);
  await silent.closed;
  await expect(silent.call('watch', {})).rejects.toEqual(full);
});

it('a reserve that is lost is had again before anybody else gets its descriptor', async () => {
  const first = listen(path, 0o600, () => ({ message: () => undefined, close: () => undefined }));
  first.pause();
  await start([], ['3'], first.descriptor());
  leave(0);
  await serve();
  const waiting = [asks(), asks()];
  leave(1);
  expect(await Promise.all(waiting)).toEqual([full, full]);
  first.close();
});

it('where no thread can be made, descriptors of clients are closed as soon as one can', async () => {
  // Stacks of threads are so large that they have no room within the limit below; those of Node have a size of their own.
  await start(['sh', '-c', 'ulimit -s 4194304 && exec "$@"', 'sh'], []);
  await serve();
  const fds = () => readdirSync(`/proc/${pid()}/fd`).length;
  const [heard, close] = [[] as string[], () => undefined];
  // With that of the connection.
  const before = fds() + 1;
  const connection = connect(path, { message: (text) => heard.push(String(text)), close });
  const [, kib = ''] = /VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid()}/status`, 'utf8')) ?? [];
  execFileSync('prlimit', [`--pid=${pid()}`, `--as=${(Number(kib) + 1024 * 1024) * 1024}:`]);
  const given = openSync('/dev/null', 'r');
  const request = { jsonrpc: '2.0', id: 1, method: 'task.put', params: {} };
  await connection.send(Buffer.from(JSON.stringify(request)), [given, given, given]);
  closeSync(given);
  while (heard.length === 0) await sleep(5);
  expect(heard[0]).toContain('"id":1');
  expect(fds()).toBe(before + 3);
  execFileSync('prlimit', [`--pid=${pid()}`, '--as=unlimited:']);
  while (fds() > before) await sleep(5);
  expect(fds()).toBe(before);
  connection.close();
});
