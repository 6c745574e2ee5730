/** A server that may open no more files: clients hear why. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { ControlClient } from '../../daemon/client/control-client.js';
import { listen } from '../../native/ipc.js';

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
