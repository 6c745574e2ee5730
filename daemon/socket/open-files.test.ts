import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { RawClient } from './daemon.fixture.js';
import { busyLine } from './dispatch.js';

it('of more clients than the process may open files for, each is served or told that there is no place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  const path = join(folder, 's');
  const program = built(join(import.meta.dirname, 'open-files.child.ts'));
  const child = spawn('prlimit', ['--nofile=300:300', process.execPath, program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const clients: RawClient[] = [];
  try {
    for (let each = 0; each < 600; each++) clients.push(await RawClient.connect(path));
    const places = 300 - 192;
    for (const client of clients.slice(0, places)) client.send('{}\n');
    const lines = await Promise.all(clients.map((client) => client.line()));
    expect(lines.slice(0, places)).toEqual(Array(places).fill('served'));
    expect(lines.slice(places)).toEqual(Array(600 - places).fill(JSON.parse(String(busyLine))));
  } finally {
    for (const client of clients) client.socket.destroy();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  }
});
