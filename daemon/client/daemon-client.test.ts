import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeLogger } from '../../common/log.js';
import { lineLimit } from '../protocol/lines.js';
import { answering, restingHandlers } from '../socket/daemon.fixture.js';
import { busyLine } from '../socket/dispatch.js';
import { LineServer } from '../socket/line-server.js';
import { DaemonClient } from './daemon-client.js';

const log = makeLogger('test', { SHERIN_LOG: 'silent' });

let folder: string;
let server: LineServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-client-'));
  const silence = new Promise<never>(() => undefined);
  const answer = answering({ ...restingHandlers, 'system.health': () => silence });
  server = await LineServer.listen({ path: join(folder, 's'), answer, busy: busyLine, log });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

it('many questions with patience leave nothing behind', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const client = await DaemonClient.connect(join(folder, 's'), { patience: 60_000 });
  for (let at = 0; at < 30; at++) await client.call('system.hello');
  await setImmediate();
  process.off('warning', note);
  client.close();
  expect(warnings).toEqual([]);
});

it('ends when there is no answer in time', async () => {
  const client = await DaemonClient.connect(join(folder, 's'), { patience: 50 });
  await client.call('system.hello');
  await expect(client.call('system.health')).rejects.toThrow('does not answer');
  await client.closed;
});

/** A server that reads what is asked and says `text`. */
async function asked(text: string, end = false): Promise<string> {
  const path = join(folder, 'other');
  const other = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (end ? socket.end(text) : socket.write(text)));
  }).listen(path);
  await once(other, 'listening');
  const client = await DaemonClient.connect(path);
  const codes = [client.call('system.hello'), client.call('system.health')].map((call) =>
    call.then(
      () => 'answered',
      ({ code }) => code,
    ),
  );
  const [first = '', second] = await Promise.all(codes);
  expect(second).toBe(first);
  await client.closed;
  await new Promise((closed) => other.close(closed));
  return first;
}

it.each([
  ['garbage', 'garbage\n'],
  ['no JSON-RPC', '[1]\n'],
  ['a notification of another form', '{"jsonrpc":"2.0","method":"event","params":{"event":7}}\n'],
  ['a line longer than any, which does not end', 'x'.repeat(lineLimit + 1)],
])('%s ends the connection, and all calls', async (_, text) => {
  expect(await asked(text)).toBe('PROTOCOL');
});

it('so does half a line, where the other side ends', async () => {
  expect(await asked('{"jsonrpc":"2.0","id":1,"res', true)).toBe('PROTOCOL');
});
