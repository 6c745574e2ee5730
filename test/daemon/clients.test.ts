/** Clients of sherind's socket: those of the documents, and the typed one. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { version } from '../../common/version.js';
import { DaemonClient, DaemonError, type Notification } from '../../daemon/client/daemon-client.js';
import { daemonStatus } from '../../daemon/client/daemon-status.js';
import { Machine } from '../vault/machine.js';
import { until } from '../vault/wait.js';
import { Sherind } from './sherind.js';

const content = 'twenty-three bytes long';
let machine: Machine;
let sherind: Sherind;
let client: DaemonClient | null = null;
let id: string;

beforeAll(async () => {
  machine = Machine.start();
  writeFileSync(join(machine.home, 'letter'), content);
  machine.ok('put', join(machine.home, 'letter'), 'files/letter');
  id = (await machine.call('stat', { target: 'files/letter' })).entry.id ?? '';
  sherind = await Sherind.start(machine);
});
afterEach(() => client?.close());
afterAll(async () => {
  await sherind.end();
  machine.end();
});

const socket = (): string => join(machine.home, 'run/sherind.sock');

it('the Python client of the documents', () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/daemon.md'), 'utf8');
  const program = /^```python\n(.*?)^```/ms.exec(document)?.[1] ?? '';
  const { stdout, stderr } = spawnSync('python3', ['-c', program], { env: machine.env, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe(`${version}\n${id} ${content.length}\n`);
});

it('the TypeScript client, as apps import it', () => {
  const program = `
    import { DaemonClient } from 'sherin/client';
    const client = await DaemonClient.connect(${JSON.stringify(socket())});
    console.log((await client.call('object.stat', { id: ${JSON.stringify(id)} })).size);
    client.close();`;
  const options = { cwd: join(import.meta.dirname, '../..'), encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], options);
  expect(stderr).toBe('');
  expect(stdout).toBe(`${content.length}\n`);
});

it('answers come to whom they belong, errors with their errno, notifications as they happen', async () => {
  const notified: Notification[] = [];
  const open = await DaemonClient.connect(socket(), { notified: (one) => notified.push(one) });
  client = open;
  const unknown = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
  const [hello, missing, ...stats] = await Promise.all([
    open.call('system.hello'),
    open.call('object.stat', { id: unknown }).catch((error: unknown) => error),
    ...Array.from({ length: 200 }, () => open.call('object.stat', { id })),
  ]);
  expect(hello).toMatchObject({ sherind: version, fs: version });
  expect(missing).toBeInstanceOf(DaemonError);
  expect(missing).toMatchObject({ code: 'ENOENT', id: unknown });
  expect(new Set(stats.map(({ size }) => size))).toEqual(new Set([content.length]));
  await open.call('event.subscribe', { kinds: ['lock'] });
  machine.ok('lock');
  await until('no event came', () => notified.length === 1);
  expect(notified).toEqual([{ method: 'event', params: { kind: 'lock', state: 'locked' } }]);
  machine.ok('unlock');
  const { methods } = await open.call('system.metrics');
  expect(methods.find(({ method }) => method === 'object.stat')).toMatchObject({
    statuses: { ok: expect.any(Number), ENOENT: 1 },
  });
});

it('a connection that ends fails what waits, and what comes after', async () => {
  const open = await DaemonClient.connect(socket());
  const answer = open.call('vault.scrub');
  open.close();
  await expect(answer).rejects.toThrow('closed');
  await expect(open.call('system.hello')).rejects.toThrow('closed');
  await expect(DaemonClient.connect(join(machine.home, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await daemonStatus(join(machine.home, 'none'))).toBeNull();
  expect(await daemonStatus(socket())).toMatchObject({ state: 'running' });
});
