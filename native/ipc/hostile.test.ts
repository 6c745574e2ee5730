import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDescriptors, Place } from './socket.fixture.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

/** A client that plays by no rules: Python's sockets. `s` is connected. */
async function rogue(script: string): Promise<void> {
  const source = `import socket, os, array, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
s.connect(${JSON.stringify(place.path)})
${script}`;
  const child = spawn('python3', ['-c', source], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  expect(status).toBe(0);
}

/** What the server's side of the next connection ends with. */
async function outcome(
  script: string,
): Promise<{ error: (Error & { code?: string }) | null; heard: number }> {
  const number = place.ends.length;
  await rogue(script);
  while (place.ends[number] === undefined) await new Promise((resolve) => setImmediate(resolve));
  const end = place.ends[number];
  return { error: (await end?.closed) ?? null, heard: end?.received.length ?? 0 };
}

describe('a hostile peer', () => {
  test('that sends too much is cut off', async () => {
    const { error, heard } = await outcome(`s.send(b'x' * 131073)
s.recv(1)`);
    expect(error).toMatchObject({ code: 'EMSGSIZE' });
    expect(heard).toBe(0);
  });

  test('that sends too many descriptors is cut off, and none of them stays', async () => {
    const before = openDescriptors();
    const { error, heard } = await outcome(`fds = array.array('i', [0] * 65)
s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
s.recv(1)`);
    expect(error).toMatchObject({ code: 'EMSGSIZE' });
    expect(heard).toBe(0);
    expect(openDescriptors()).toBe(before);
  });

  test('that dies, half-closes or sends nothing is a closed connection', async () => {
    for (const script of [
      'os._exit(0)',
      's.shutdown(socket.SHUT_WR)',
      `s.send(b'')`,
      `s.send(b'a'); os._exit(0)`,
    ]) {
      const { error } = await outcome(script);
      expect(error).toBe(null);
    }
  });

  test('that never reads does not hold others', async () => {
    const [silent, server] = await place.pair();
    silent.socket.pause();
    const work = Array.from({ length: 200 }, () =>
      server.socket.send(Buffer.alloc(100_000)).catch((error) => error.code),
    );
    const [client, other] = await place.pair();
    await client.socket.send(Buffer.from('hello'));
    expect((await other.messages(1)).length).toBe(1);
    server.socket.close();
    const outcomes = await Promise.all(work);
    expect(outcomes.at(-1)).toBe('ECANCELED');
    silent.socket.close();
    client.socket.close();
  });
});
