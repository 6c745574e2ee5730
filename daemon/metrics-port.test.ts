import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { MetricsPort } from './metrics-port.js';

const log = pino({ level: 'silent' });
let port: MetricsPort | null = null;
afterEach(async () => {
  await port?.close();
  port = null;
});

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: number } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return number;
}

/** What comes back for a request as it is sent. */
async function ask(at: number, host: string, request: string): Promise<string> {
  const socket = connect(at, host).setEncoding('utf8');
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (part: string) => {
    text += part;
  });
  socket.write(request);
  await once(socket, 'close');
  return text;
}

const get = (path: string, more = 'Host: localhost\r\n', method = 'GET') =>
  `${method} ${path} HTTP/1.1\r\n${more}Connection: close\r\n\r\n`;

it('gives metrics at the loopback addresses, and nothing else to nobody else', async () => {
  const at = await freePort();
  port = await MetricsPort.listen(at, async () => 'a 1\n', log);
  for (const host of ['127.0.0.1', '::1']) {
    const answer = await ask(
      at,
      host,
      get('/metrics', `Host: ${host.includes(':') ? `[${host}]` : host}:${at}\r\n`),
    );
    expect(answer).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain; version=0\.0\.4; charset=utf-8\r\n/,
    );
    expect(answer).toMatch(/\r\n\r\n.*a 1\n/s);
  }
  const cases = [
    [get('/'), 404],
    [get('/metrics?x'), 404],
    [get('/metrics/'), 404],
    [get('http://localhost/metrics'), 404],
    [get('/metrics', undefined, 'POST'), 405],
    [get('/metrics', 'Host: example.org\r\n'), 403],
    [get('/metrics', ''), 400],
    ['nonsense\r\n\r\n', 400],
    [get('/metrics', `Host: localhost\r\nX: ${'x'.repeat(20_000)}\r\n`), 431],
  ] as const;
  for (const [request, status] of cases) {
    const answer = await ask(at, '127.0.0.1', request);
    expect([request.slice(0, 60), answer.split(' ')[1]]).toEqual([request.slice(0, 60), String(status)]);
    expect(answer).not.toContain('a 1');
  }
});

it('a failure is an answer, and says nothing', async () => {
  const at = await freePort();
  port = await MetricsPort.listen(at, () => Promise.reject(new Error('a secret reason')), log);
  const answer = await ask(at, '127.0.0.1', get('/metrics'));
  expect(answer).toContain(' 500 ');
  expect(answer).not.toContain('secret');
});

it('a port that is taken is an error that names it', async () => {
  const at = await freePort();
  port = await MetricsPort.listen(at, async () => '', log);
  await expect(MetricsPort.listen(at, async () => '', log)).rejects.toMatchObject({
    code: 'IO',
    message: expect.stringContaining(`EADDRINUSE, port ${at}`),
  });
});

it('outlives connections that can not be accepted', async () => {
  const servers: Server[] = [];
  const asked = (message: unknown): void =>
    void servers.push((message as { readonly server: Server }).server);
  const at = await freePort();
  port = await MetricsPort.listen(at, async () => 'a 1\n', log);
  subscribe('http.server.request.start', asked);
  const answers = [await ask(at, '127.0.0.1', get('/metrics'))];
  unsubscribe('http.server.request.start', asked);
  // As Node tells of accept(2) where no descriptor is left.
  for (let times = 0; times < 2; times++)
    servers[0]?.emit('error', Object.assign(new Error('accept ENFILE'), { code: 'ENFILE' }));
  answers.push(await ask(at, '127.0.0.1', get('/metrics')));
  expect([servers.length, ...answers.map((answer) => answer.split(' ')[1])]).toEqual([1, '200', '200']);
});
