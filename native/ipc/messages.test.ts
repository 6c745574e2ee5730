import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Connection, memfd, messageLimit } from '../ipc.js';
import { type End, openDescriptors, Place } from './socket.fixture.js';

let place: Place;
let client: End;
let server: End;
beforeEach(async () => {
  place = new Place();
  [client, server] = await place.pair();
});
afterEach(() => {
  client.socket.close();
  place.remove();
});

describe('messages', () => {
  test('keep their boundaries and every byte, both ways', async () => {
    const sizes = [1, 2, 3, 1000, 65536, messageLimit - 1, messageLimit];
    const sent = sizes.map((size) => randomBytes(size));
    for (const message of sent) await client.socket.send(message);
    expect((await server.messages(sent.length)).map(({ message }) => message)).toEqual(sent);
    for (const message of sent) await server.socket.send(message);
    expect((await client.messages(sent.length)).map(({ message }) => message)).toEqual(sent);
  });

  test('that are no UTF-8 arrive as they are', async () => {
    const odd = Buffer.from([0xff, 0xfe, 0, 0xc3, 0x28, 0xed, 0xa0, 0x80]);
    await client.socket.send(odd);
    expect((await server.messages(1))[0]?.message).toEqual(odd);
  });

  test('the sender may change its buffer as soon as send has returned', async () => {
    const message = Buffer.alloc(messageLimit, 1);
    const work: Promise<void>[] = [];
    for (let i = 0; i < 20; i++) work.push(client.socket.send(message.fill(i)));
    message.fill(255);
    const received = await server.messages(20);
    await Promise.all(work);
    for (const [i, { message: bytes }] of received.entries())
      expect(bytes.every((byte) => byte === i)).toBe(true);
  });

  test('ten thousand without waiting arrive in order', async () => {
    const work: Promise<void>[] = [];
    for (let i = 0; i < 10_000; i++) work.push(client.socket.send(Buffer.from(`message ${i}`)));
    const received = await server.messages(10_000);
    await Promise.all(work);
    for (const [i, { message: bytes }] of received.entries()) expect(bytes.toString()).toBe(`message ${i}`);
  });

  test('pause holds the sender back and resume lets everything through', async () => {
    server.socket.pause();
    let sent = 0;
    const work: Promise<void>[] = [];
    const message = Buffer.alloc(50_000);
    for (let i = 0; i < 1000; i++) work.push(client.socket.send(message).then(() => void sent++));
    for (let i = 0; i < 20; i++) await turn();
    expect(server.received.length).toBe(0);
    expect(sent).toBeLessThan(100);
    server.socket.resume();
    await Promise.all(work);
    expect((await server.messages(1000)).length).toBe(1000);
  });

  test('pausing inside a handler stops at once', async () => {
    const end = server;
    let heard = 0;
    const [other, otherServer] = await place.pair();
    otherServer.handlers.message = () => {
      heard++;
      otherServer.socket.pause();
    };
    for (let i = 0; i < 10; i++) await other.socket.send(Buffer.from('x'));
    for (let i = 0; i < 20; i++) await turn();
    expect(heard).toBe(1);
    otherServer.socket.resume();
    for (let i = 0; i < 20; i++) await turn();
    expect(heard).toBe(2);
    other.socket.close();
    expect(end.received.length).toBe(0);
  });

  test('sent before the peer closed still arrive, and the end says what got lost', async () => {
    server.socket.pause();
    await client.socket.send(Buffer.from('never read'));
    for (let i = 0; i < 5; i++) await server.socket.send(Buffer.from('last words'));
    server.socket.close();
    expect(await client.closed).toMatchObject({ code: 'ECONNRESET' });
    expect(client.received.length).toBe(5);
  });

  test('fail once the peer is gone, even while paused', async () => {
    client.socket.pause();
    const work = Array.from({ length: 50 }, () =>
      client.socket.send(Buffer.alloc(100_000)).catch((error) => error.code),
    );
    server.socket.close();
    for (const outcome of (await Promise.all(work)).slice(-10))
      expect(['EPIPE', 'ECONNRESET']).toContain(outcome);
    await expect(client.socket.send(Buffer.from('x'))).rejects.toMatchObject({ code: 'EPIPE' });
    client.socket.resume();
    await client.closed;
  });

  test('too large and empty ones are refused, and the connection stays', async () => {
    await expect(client.socket.send(Buffer.alloc(messageLimit + 1))).rejects.toMatchObject({
      code: 'EMSGSIZE',
    });
    await expect(client.socket.send(Buffer.alloc(0))).rejects.toMatchObject({ code: 'EINVAL' });
    await client.socket.send(Buffer.from('still here'));
    expect((await server.messages(1))[0]?.message.toString()).toBe('still here');
  });

  test('wrong types throw at once', () => {
    const send = client.socket.send.bind(client.socket) as (message?: unknown, fds?: unknown) => unknown;
    for (const wrong of [undefined, null, 'x', 1, {}]) expect(() => send(wrong)).toThrow(TypeError);
    for (const wrong of [null, 1, 'x', ['1'], [null]])
      expect(() => send(Buffer.from('x'), wrong)).toThrow(TypeError);
    const detached = client.socket.send as (this: unknown, message: Buffer) => unknown;
    expect(() => detached.call({}, Buffer.from('x'))).toThrow(TypeError);
    expect(() => new (client.socket.constructor as new () => Connection)()).toThrow(TypeError);
  });
});

describe('descriptors', () => {
  test('are passed with their message and close on exec', async () => {
    const fd = memfd('passed', 0);
    writeSync(fd, 'through a descriptor');
    await client.socket.send(Buffer.from('take this'), [fd]);
    closeSync(fd);
    const [first] = await server.messages(1);
    const [passed] = first?.fds ?? [];
    if (passed === undefined) throw new Error('nothing passed');
    const bytes = Buffer.alloc(20);
    readSync(passed, bytes, 0, 20, 0);
    expect(bytes.toString()).toBe('through a descriptor');
    expect(readFileSync(`/proc/self/fdinfo/${passed}`, 'utf8')).toMatch(/flags:\s+0?2\d{6}/);
    closeSync(passed);
  });

  test('64 of them, and no more', async () => {
    const fd = openSync('/dev/null', 'r');
    const before = openDescriptors();
    await client.socket.send(
      Buffer.from('many'),
      Array.from({ length: 64 }, () => fd),
    );
    const [first] = await server.messages(1);
    expect(first?.fds.length).toBe(64);
    expect(openDescriptors()).toBe(before + 64);
    for (const passed of first?.fds ?? []) closeSync(passed);
    const tooMany = client.socket.send(
      Buffer.from('more'),
      Array.from({ length: 65 }, () => fd),
    );
    await expect(tooMany).rejects.toMatchObject({ code: 'EINVAL' });
    closeSync(fd);
  });

  test('that are not open fail their own message only', async () => {
    await expect(client.socket.send(Buffer.from('bad'), [9999])).rejects.toMatchObject({ code: 'EBADF' });
    await client.socket.send(Buffer.from('good'));
    expect((await server.messages(1))[0]?.message.toString()).toBe('good');
  });

  test('wait in the queue as copies of their own', async () => {
    server.socket.pause();
    const before = openDescriptors();
    const work: Promise<void>[] = [];
    for (let i = 0; i < 50; i++) {
      const fd = memfd('queued', 0);
      writeSync(fd, String(i));
      const filler = Buffer.alloc(messageLimit, i);
      work.push(client.socket.send(filler, [fd]));
      closeSync(fd);
    }
    server.socket.resume();
    const received = await server.messages(50);
    await Promise.all(work);
    for (const [
      i,
      {
        fds: [fd],
      },
    ] of received.entries()) {
      if (fd === undefined) throw new Error('nothing passed');
      const text = Buffer.alloc(fstatSync(fd).size);
      readSync(fd, text, 0, text.length, 0);
      expect(text.toString()).toBe(String(i));
      closeSync(fd);
    }
    expect(openDescriptors()).toBe(before);
  });
});
