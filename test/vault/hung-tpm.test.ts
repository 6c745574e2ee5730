/** A TPM that hangs costs the opens that ask it, and nothing else. On request: it waits for a deadline. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from './machine.js';

let machine: Machine;

beforeAll(async () => {
  machine = Machine.start();
  writeFileSync(join(machine.mount, 'files/data'), 'content');
  writeFileSync(join(machine.mount, 'inbox/request'), 'a request');
  await machine.call('snapshot', {});
  await machine.call('namespaces.set', {
    namespaces: { FILES: { opens: 'first', unseal: 'per-open' } },
    version: null,
  });
});
afterAll(() => machine.end());

/** What `cat` says of a file of the mount. */
function cat(path: string): Promise<string> {
  const child = spawn('cat', [join(machine.mount, path)], { env: { ...process.env, LC_ALL: 'C' } });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      said += data.toString();
    });
  return new Promise((resolve) => child.once('close', () => resolve(said)));
}

it('times out while others are served, and opens once it answers again', async () => {
  const [swtpm = 0] = machine.swtpmPids();
  process.kill(swtpm, 'SIGSTOP');
  try {
    const opens = Promise.all([cat('files/data'), cat('files/data')]);
    expect(readFileSync(join(machine.mount, 'inbox/request'), 'utf8')).toBe('a request');
    for (const said of await opens) expect(said).toContain('timed out');
    expect(readFileSync(join(machine.mount, 'inbox/request'), 'utf8')).toBe('a request');
  } finally {
    process.kill(swtpm, 'SIGCONT');
  }
  expect(await cat('files/data')).toBe('content');
});
