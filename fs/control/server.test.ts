import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeLogger } from '../../common/log.js';
import { ControlClient } from '../../daemon/client/control-client.js';
import { connect } from '../../native/ipc.js';
import { type Call, type ControlHandlers, ControlServer } from './server.js';

let folder: string;
let server: ControlServer;
let watching: Call[];
let gone: object[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  watching = [];
  gone = [];
  const handlers = {
    watch: async (_: unknown, call: Call) => {
      watching.push(call);
      return { state: 'locked' };
    },
  } as unknown as ControlHandlers;
  const log = makeLogger('test', { SHERIN_LOG: 'silent' });
  server = new ControlServer(join(folder, 's'), handlers, log, (connection) => gone.push(connection));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const locked = { kind: 'lock', state: 'locked' };

it('notifications come in order, after the answer', async () => {
  const heard: unknown[] = [];
  const client = ControlClient.connect(join(folder, 's'), (event) => heard.push(event));
  await client.call('watch', {});
  const states = Array.from({ length: 100 }, (_, at) => ({
    kind: 'lock',
    state: at % 3 === 0 ? 'locked' : 'sealed',
  }));
  for (const state of states) watching[0]?.notify('event', state);
  await client.call('watch', {});
  expect(heard).toEqual(states);
  client.close();
});

it('a client that does not read them is cut off before they pile up', async () => {
  let closed = false;
  const link = connect(join(folder, 's'), {
    message: () => undefined,
    close: () => {
      closed = true;
    },
  });
  await link.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"watch","params":{}}'));
  while (watching.length === 0) await new Promise((resolve) => setImmediate(resolve));
  link.pause();
  let told = 0;
  const [call] = watching;
  const cutOff = () => call !== undefined && gone.includes(call.connection);
  for (; !cutOff() && told < 100_000; told++) {
    call?.notify('event', locked);
    if (told % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(cutOff()).toBe(true);
  expect(told).toBeLessThan(100_000);
  link.resume();
  while (!closed) await new Promise((resolve) => setImmediate(resolve));
});

it('whoever finds every place taken hears of it', async () => {
  const clients = Array.from({ length: 256 }, () => ControlClient.connect(join(folder, 's')));
  for (const client of clients) await client.call('watch', {});
  const late = ControlClient.connect(join(folder, 's'));
  await expect(late.call('watch', {})).rejects.toMatchObject({
    code: 'FS_FULL',
    context: { part: '256 are open' },
  });
  clients[0]?.close();
  await clients[0]?.closed;
  while (gone.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const next = ControlClient.connect(join(folder, 's'));
  expect(await next.call('watch', {})).toEqual({ state: 'locked' });
  for (const client of [...clients, late, next]) client.close();
});
