/** What a client of the control socket makes of another side that does not speak as sherin-fs does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type End, openDescriptors, Place } from '../../native/ipc/socket.fixture.js';
import { messageLimit } from '../../native/ipc.js';
import { ControlClient } from './control-client.js';
import { StandingPage } from './standing-page.js';

let place: Place;
let client: ControlClient;
let server: End;
let device: number;

beforeEach(async () => {
  place = new Place();
  device = openSync('/dev/null', 'r');
  client = ControlClient.connect(place.path);
  while (place.ends.length === 0) await setImmediate();
  server = place.ends[0] as End;
});
afterEach(() => {
  client.close();
  place.remove();
  closeSync(device);
});

const say = (text: string, fds: readonly number[] = []) => server.socket.send(Buffer.from(text), fds);
const answer = (id: number | null, rest: object) => JSON.stringify({ jsonrpc: '2.0', id, ...rest });
const failure = { code: -32_000, message: 'no', data: { code: 'LOCKED', context: {} } };

/** Resolves once as many descriptors are open as before: they are closed on another thread. */
async function closedAgain(before: number): Promise<void> {
  while (openDescriptors() !== before) await setImmediate();
}

it.each([
  ['no JSON', 'garbage'],
  ['half a message', answer(1, { result: {} }).slice(0, -4)],
  ['bytes that are no text', '\xff\0{'],
  ['no JSON-RPC', '[1]'],
  ['an answer to nobody’s request that can not be read', answer(null, { error: failure })],
  ['a notice of other progress', '{"jsonrpc":"2.0","method":"progress","params":{"request":"1"}}'],
  ['an event of no kind', '{"jsonrpc":"2.0","method":"event","params":{"event":7}}'],
])('%s ends the connection, and all calls', async (_, text) => {
  const before = openDescriptors();
  const calls = [client.call('status', {}), client.call('lock', {})].map((call) =>
    expect(call).rejects.toMatchObject({ code: 'PROTOCOL' }),
  );
  await server.messages(2);
  await say(text, [device, device]);
  await Promise.all([...calls, client.closed, server.closed]);
  expect(() => client.post('status', {})).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  // Both ends' sockets are gone too.
  await closedAgain(before - 2);
});

it('so does a message longer than any', async () => {
  const path = join(place.directory, 'other');
  const script = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1])
s.listen()
print('listens', flush=True)
c, _ = s.accept()
c.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
c.recv(1024)
c.send(b'x' * ${messageLimit + 1})
c.recv(1)`;
  const child = spawn('python3', ['-c', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const other = ControlClient.connect(path);
  await expect(other.call('status', {})).rejects.toMatchObject({ code: 'PROTOCOL' });
  await other.closed;
  await once(child, 'exit');
});

it('an answer of another form is an error of its call alone', async () => {
  const before = openDescriptors();
  const taken = () => expect.unreachable();
  const call = expect(client.call('status', {}, { taken })).rejects.toMatchObject({ code: 'PROTOCOL' });
  await say(answer(1, { result: { version: 7 } }), [device]);
  await call;
  const next = expect(client.call('status', {})).rejects.toMatchObject({ code: 'LOCKED' });
  await say(answer(2, { error: failure }));
  await next;
  await closedAgain(before);
});

it('descriptors that nobody takes are closed', async () => {
  const before = openDescriptors();
  const taken = () => expect.unreachable();
  const calls = [client.call('status', {}), client.call('status', {}, { taken })];
  const refused = calls.map((call) => expect(call).rejects.toMatchObject({ code: 'LOCKED' }));
  await say(answer(9, { result: {} }), [device]);
  await say('{"jsonrpc":"2.0","method":"progress","params":{"request":1,"done":0,"total":1}}', [device]);
  await say(answer(1, { error: failure }), [device, device]);
  await say(answer(2, { error: failure }), [device]);
  await Promise.all(refused);
  await closedAgain(before);
});

it('descriptors that are not what they were asked for are an error of the call', async () => {
  const page = new StandingPage(client);
  const before = openDescriptors();
  await server.messages(1);
  await say(answer(1, { result: {} }), [device]);
  const next = expect(client.call('status', {})).rejects.toMatchObject({ code: 'LOCKED' });
  await say(answer(2, { error: failure }));
  await next;
  expect(page.generation).toBe(0);
  await closedAgain(before);
});
