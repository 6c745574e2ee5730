import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeLogger } from '../../common/log.js';
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
