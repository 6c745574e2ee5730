import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FsEvent } from '../protocol/events.js';
import type { EventKind } from '../protocol/methods/event.js';
import { RequestMetrics } from '../request-metrics.js';
import type { Caller, Client } from '../socket/caller.js';
import { RawClient, requestLine, restingHandlers, silent } from '../socket/daemon.fixture.js';
import { answerWith, busyLine } from '../socket/dispatch.js';
import { LineServer, socketLimits } from '../socket/line-server.js';
import { TokenBuckets } from '../socket/token-buckets.js';
import { Subscribers } from './subscribers.js';

const id = 'FILES_20260101_0123456789abcdef0123456789abcdef';
const other = 'FILES_20260101_fedcba9876543210fedcba9876543210';
const cube = 'a'.repeat(52);
const locked: FsEvent = { kind: 'lock', state: 'locked' };
const quarantined: FsEvent = { kind: 'quarantine', cube, reason: 'root', objects: [other, id] };

let folder: string;
let server: LineServer;
let subscribers: Subscribers;
let clients: RawClient[];
let admin: boolean;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  clients = [];
  admin = false;
  subscribers = new Subscribers(async (_, wanted) => wanted === id);
  const handlers = {
    ...restingHandlers,
    'event.subscribe': async ({ kinds }: { kinds: EventKind[] }, caller: Caller) => {
      subscribers.subscribe(caller, kinds);
      return {};
    },
  };
  const callerOf = (client: Client): Caller => ({ peer: client.peer, admin, outlet: client });
  const buckets = new TokenBuckets();
  const answer = answerWith({
    ...{ handlers, callerOf, buckets, metrics: new RequestMetrics(), log: silent },
    recordDenied: async () => undefined,
  });
  const limits = { ...socketLimits, idle: 100 };
  server = await LineServer.listen({ path: join(folder, 's'), answer, busy: busyLine, log: silent, limits });
});
afterEach(async () => {
  for (const client of clients) client.socket.destroy();
  await server.close();
  rmSync(folder, { recursive: true });
});

async function subscribed(...kinds: string[]): Promise<RawClient> {
  const client = await RawClient.connect(join(folder, 's'));
  clients.push(client);
  expect(await client.ask(requestLine('event.subscribe', { kinds }))).toMatchObject({ result: {} });
  return client;
}

const event = (params: object) => ({ jsonrpc: '2.0', method: 'event', params });

it('tells of the kinds that were asked for, and is not idle', async () => {
  const client = await subscribed('lock');
  await new Promise((resolve) => setTimeout(resolve, 300));
  subscribers.tell(quarantined);
  subscribers.tell(locked);
  expect(await client.line()).toEqual(event(locked));
});

it('asked again it tells of the new kinds only; of none it ends, and the connection is idle', async () => {
  const client = await subscribed('quarantine');
  expect(await client.ask(requestLine('event.subscribe', { kinds: ['lock'] }))).toHaveProperty('result');
  subscribers.tell(quarantined);
  subscribers.tell(locked);
  expect(await client.line()).toEqual(event(locked));
  expect(await client.ask(requestLine('event.subscribe', { kinds: [] }))).toHaveProperty('result');
  subscribers.tell(locked);
  expect(await client.line()).toBeNull();
});

it('tells of a cube by an object that the client may read, or not at all; an administrator of all', async () => {
  const client = await subscribed('quarantine', 'lock');
  subscribers.tell({ ...quarantined, objects: [other] });
  subscribers.tell(quarantined);
  expect(await client.line()).toEqual(event({ kind: 'quarantine', cube_id: cube, reason: 'root', id }));
  admin = true;
  const administrator = await subscribed('quarantine');
  subscribers.tell({ ...quarantined, objects: [] });
  subscribers.tell(quarantined);
  for (const wanted of [null, other]) {
    expect(await administrator.line()).toMatchObject({ params: { cube_id: cube, id: wanted } });
  }
});

it('a client that does not read loses its subscription, not its connection, and nothing waits for it', async () => {
  const client = await subscribed('lock');
  client.socket.pause();
  const before = process.memoryUsage.rss();
  for (let times = 0; times < 500_000; times++) subscribers.tell(locked);
  expect(process.memoryUsage.rss() - before).toBeLessThan(48 * 1024 * 1024);
  client.socket.resume();
  let events = 0;
  let line = await client.line();
  for (; JSON.stringify(line) === JSON.stringify(event(locked)); line = await client.line()) events += 1;
  expect(line).toEqual({ jsonrpc: '2.0', method: 'event.end', params: { reason: 'slow' } });
  expect(events).toBeLessThan(100_000);
  expect(await client.ask(requestLine('event.subscribe', { kinds: ['lock'] }))).toHaveProperty('result');
  subscribers.tell(locked);
  expect(await client.line()).toEqual(event(locked));
});

it('clients that go away are forgotten', async () => {
  for (let times = 0; times < 20; times++) (await subscribed('lock', 'quarantine')).socket.destroy();
  subscribers.tell(quarantined);
  subscribers.tell(locked);
  const client = await subscribed('lock');
  subscribers.tell(locked);
  expect(await client.line()).toEqual(event(locked));
});

it('tells of tasks to their owner and to administrators', async () => {
  const news = { task_id: `t_${'a'.repeat(26)}`, state: 'done', from: 'running', result_id: id } as const;
  const own = { kind: 'task', owner: process.getuid?.() ?? -1, news } as const;
  const client = await subscribed('task', 'lock');
  subscribers.tell({ ...own, owner: 65_000 });
  subscribers.tell(own);
  expect(await client.line()).toEqual(event({ kind: 'task', ...news }));
  admin = true;
  const administrator = await subscribed('task');
  subscribers.tell({ ...own, owner: 65_000 });
  expect(await administrator.line()).toEqual(event({ kind: 'task', ...news }));
});

it('tells of the policy to administrators, of the emergency stop to all', async () => {
  const client = await subscribed('policy');
  subscribers.tell({ kind: 'policy', mode: 'supervised', waiting: 3 });
  subscribers.tell({ kind: 'policy', stop: 'on', mode: 'autonomous' });
  expect(await client.line()).toEqual(event({ kind: 'policy', stop: 'on' }));
  admin = true;
  const administrator = await subscribed('policy');
  subscribers.tell({ kind: 'policy', mode: 'supervised', waiting: 3 });
  expect(await administrator.line()).toEqual(event({ kind: 'policy', mode: 'supervised', waiting: 3 }));
});

it('tells of bots and of the emotional state to all', async () => {
  const client = await subscribed('bot', 'emotion');
  const ready = { kind: 'bot', bot: 'coding-bot', state: 'ready' } as const;
  const down = { kind: 'emotion', dimension: 'safety', crossed: 'down', value: 0, threshold: 0.95 } as const;
  for (const one of [ready, down]) subscribers.tell(one);
  expect(await client.line()).toEqual(event(ready));
  expect(await client.line()).toEqual(event(down));
});
