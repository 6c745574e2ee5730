/** What both processes have measured, as Prometheus reads it: at the mount, by sherinctl, and at a port of the machine. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ReadFamily, readExposition } from '../../common/exposition.fixture.js';
import { Machine } from '../vault/machine.js';
import { Sherind } from './sherind.js';

let machine: Machine;
let sherind: Sherind;
let port: number;

beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as { port: number }).port;
  server.close();
  machine = Machine.start();
  sherind = await Sherind.start(machine, { SHERIN_METRICS_PORT: String(port) });
  writeFileSync(join(machine.mount, 'files/one'), 'content');
  machine.ok('sync');
  machine.ok('lock');
  machine.ok('unlock');
  readFileSync(join(machine.mount, 'files/one'));
});
afterAll(async () => {
  await sherind.end();
  machine.end();
});

function value(
  families: ReadonlyMap<string, ReadFamily>,
  name: string,
  labels: object = {},
): number | undefined {
  const family = families.get(name) ?? families.get(name.replace(/_(count|sum)$/, ''));
  const wanted = JSON.stringify(labels);
  return family?.samples.find((one) => one.name === name && JSON.stringify(one.labels) === wanted)?.value;
}

it('at the mount stands what sherin-fs has measured', () => {
  const families = readExposition(readFileSync(join(machine.mount, '.sherin/metrics'), 'utf8'));
  expect(value(families, 'sherin_unlocked')).toBe(1);
  expect(value(families, 'sherin_unseals_total')).toBe(2);
  expect(value(families, 'sherin_reads_total')).toBeGreaterThan(0);
  expect(value(families, 'sherin_served_bytes_total')).toBeGreaterThan(0);
  expect(value(families, 'sherin_verify_failures_total')).toBe(0);
  expect(value(families, 'sherin_vertex_cache_bytes')).toBeGreaterThan(0);
  expect(value(families, 'sherin_fsync_duration_seconds_count')).toBeGreaterThan(0);
});

it('sherinctl and the port give that of both', async () => {
  // Of more methods than a page has.
  for (const method of [
    'system.hello',
    'system.health',
    'policy.get',
    'audit.head',
    'event.subscribe',
  ] as const)
    await sherind.call(method).catch(() => undefined);
  const response = await fetch(`http://localhost:${port}/metrics`);
  expect(response.status).toBe(200);
  for (const text of [machine.ok('metrics'), await response.text()]) {
    const families = readExposition(text);
    expect(value(families, 'sherin_unlocked')).toBe(1);
    expect(value(families, 'sherin_requests_total', { method: 'audit.head', status: 'ok' })).toBe(1);
    expect(value(families, 'sherin_requests_total', { method: 'event.subscribe', status: 'EINVAL' })).toBe(1);
    expect(value(families, 'sherin_request_duration_seconds_count', { method: 'system.hello' })).toBe(1);
  }
  // Without sherin-fs that of sherind alone.
  await machine.call('stop', {});
  const alone = readExposition(await (await fetch(`http://localhost:${port}/metrics`)).text());
  expect(alone.has('sherin_unlocked')).toBe(false);
  expect(value(alone, 'sherin_requests_total', { method: 'audit.head', status: 'ok' })).toBe(1);
});

it('a port that is none is told, and nothing is started', async () => {
  const other = Sherind.launch(machine, { SHERIN_METRICS_PORT: '99999' });
  expect(await other.ended).toBe(2);
  expect(other.log).toContain("a port for metrics is a number from 1 to 65535, not '99999'");
});
