import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, listen } from '../ipc.js';
import { End, openDescriptors, Place } from './socket.fixture.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

const refuse = (): never => {
  throw new Error('not expected');
};

describe('listening', () => {
  test('creates the socket with its mode, whatever the umask', () => {
    for (const mode of [0o600, 0o660, 0o666]) {
      const path = join(place.directory, mode.toString(8));
      const before = process.umask(0o077);
      const server = listen(path, mode, refuse);
      process.umask(before);
      expect(lstatSync(path).mode & 0o777).toBe(mode);
      server.close();
      expect(existsSync(path)).toBe(false);
    }
  });

  test('refuses a path where someone listens', () => {
    expect(() => listen(place.path, 0o600, refuse)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
  });

  test('refuses a live socket of another type, and files that are no sockets', async () => {
    const path = join(place.directory, 'stream');
    const stream = createServer().listen(path);
    await new Promise((resolve) => stream.once('listening', resolve));
    expect(() => listen(path, 0o600, refuse)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    stream.close();
    const file = join(place.directory, 'file');
    writeFileSync(file, 'precious');
    expect(() => listen(file, 0o600, refuse)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  test('replaces the file that a dead server left', async () => {
    const path = join(place.directory, 'dead');
    execFileSync('python3', [
      '-c',
      `import socket; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).bind(${JSON.stringify(path)})`,
    ]);
    expect(() => connect(path, new End().handlers)).toThrow(
      expect.objectContaining({ code: 'ECONNREFUSED' }),
    );
    const server = listen(path, 0o600, () => new End().handlers);
    connect(path, new End().handlers).close();
    server.close();
  });

  test('does not remove the file of a successor', () => {
    const path = join(place.directory, 'shared');
    const first = listen(path, 0o600, refuse);
    execFileSync('rm', [path]);
    const second = listen(path, 0o600, refuse);
    first.close();
    expect(existsSync(path)).toBe(true);
    second.close();
    expect(existsSync(path)).toBe(false);
  });

  test('works on paths longer than a socket address', async () => {
    const deep = join(place.directory, 'd'.repeat(100), 'e'.repeat(100));
    mkdirSync(deep, { recursive: true });
    const path = join(deep, 'socket');
    const end = new End();
    const server = listen(path, 0o600, () => end.handlers);
    const client = connect(path, new End().handlers);
    await client.send(Buffer.from('far'));
    expect((await end.messages(1))[0]?.message.toString()).toBe('far');
    client.close();
    server.close();
    expect(existsSync(path)).toBe(false);
  });

  test('errors carry their errno', () => {
    const missing = join(place.directory, 'none', 's');
    expect(() => listen(missing, 0o600, refuse)).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'bind' }),
    );
    expect(() => connect(missing, new End().handlers)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    const tooLong = join(place.directory, 'x'.repeat(200));
    expect(() => listen(tooLong, 0o600, refuse)).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }));
  });

  test('wrong arguments throw at once', () => {
    const loose = listen as (...values: unknown[]) => unknown;
    const path = join(place.directory, 'x');
    for (const values of [
      [],
      [path],
      [path, 0o600],
      [path, 'x', refuse],
      ['', 0o600, refuse],
      ['a\0b', 0o600, refuse],
    ]) {
      expect(() => loose(...values)).toThrow(TypeError);
    }
    expect(() => loose(path, 0o1777, refuse)).toThrow(TypeError);
    const looseConnect = connect as (...values: unknown[]) => unknown;
    for (const handlers of [undefined, null, {}, { message: refuse }]) {
      expect(() => looseConnect(place.path, handlers)).toThrow(TypeError);
    }
  });
});

describe('the peer', () => {
  test('is this process, by the kernel’s word', async () => {
    const [client, server] = await place.pair();
    for (const { peer } of [client.socket, server.socket]) {
      expect(peer).toMatchObject({ pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
      const own = /^Groups:(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
      expect(peer.groups).toEqual(own.trim().split(/\s+/).filter(Boolean).map(Number));
    }
    client.socket.close();
  });

  test.runIf(process.getuid?.() === 0)('is another user with groups of its own', async () => {
    execFileSync('chmod', ['755', place.directory]);
    execFileSync('chmod', ['666', place.path]);
    const script = `import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(${JSON.stringify(place.path)})`;
    const groups = Array.from({ length: 100 }, (_, i) => 5000 + i);
    const who = ['--reuid', '65534', '--regid', '65533', '--groups', groups.join(',')];
    expect(
      spawnSync('setpriv', [...who, 'python3', '-c', script], { env: { PATH: '/usr/bin:/bin' } }).status,
    ).toBe(0);
    while (place.ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(place.ends[0]?.socket.peer).toMatchObject({ uid: 65534, gid: 65533, groups });
  });
});

describe('many connections', () => {
  test('a thousand leave no descriptor behind', async () => {
    const connections = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const [client, server] = await place.pair();
        await client.socket.send(Buffer.from('x'));
        await server.messages(1);
        (i % 2 === 0 ? client : server).socket.close();
        expect(await client.closed).toBe(null);
        expect(await server.closed).toBe(null);
      }
    };
    await connections(10);
    const before = openDescriptors();
    await connections(1000);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test('three hundred at once', async () => {
    const clients: End[] = [];
    for (let i = 0; i < 300; i++) {
      const client = new End();
      client.connection = connect(place.path, client.handlers);
      clients.push(client);
    }
    await Promise.all(clients.map((client, i) => client.socket.send(Buffer.from(String(i)))));
    while (place.ends.length < 300) await new Promise((resolve) => setImmediate(resolve));
    const heard = await Promise.all(
      place.ends.map(async (end) => Number((await end.messages(1))[0]?.message)),
    );
    expect(heard.sort((a, b) => a - b)).toEqual(clients.map((_, i) => i));
    for (const client of clients) client.socket.close();
  });
});
