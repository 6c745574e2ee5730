import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { lineLimit } from '../protocol/lines.js';
import { answering, RawClient, requestLine, silent } from './daemon.fixture.js';
import { busyLine } from './dispatch.js';
import { LineServer, type LineServerOptions, socketLimits } from './line-server.js';

let folder: string;
let path: string;
let open: LineServer[] = [];
let clients: RawClient[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  path = join(folder, 'sherind.sock');
});
afterEach(async () => {
  for (const client of clients) client.socket.destroy();
  for (const server of open) await server.close();
  open = [];
  clients = [];
  rmSync(folder, { recursive: true });
});

async function listen(options: Partial<LineServerOptions> = {}): Promise<LineServer> {
  const answer = answering();
  const server = await LineServer.listen({ path, answer, busy: busyLine, log: silent, ...options });
  open.push(server);
  return server;
}

async function client(): Promise<RawClient> {
  const made = await RawClient.connect(path);
  clients.push(made);
  return made;
}

const hello = requestLine('system.hello');
const helloAnswer = { id: 1, result: { sherind: '0.1.0' } };

describe('the socket', () => {
  it('has mode 0660 and is gone after close', async () => {
    const server = await listen();
    expect(statSync(path).mode & 0o777).toBe(0o660);
    await server.close();
    open = [];
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('of a server that died is replaced', async () => {
    const dead = createServer().listen(path);
    await new Promise((resolve) => dead.once('listening', resolve));
    // Kept away from the close below, which would remove it.
    linkSync(path, `${path}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    renameSync(`${path}.kept`, path);
    await listen();
    expect(await (await client()).ask(hello)).toMatchObject(helloAnswer);
  });

  it('of a server that lives is left to it', async () => {
    await listen();
    const second = listen();
    await expect(second).rejects.toThrowError(SherinError);
    await expect(second).rejects.toMatchObject({ code: 'DAEMON_RUNNING' });
    expect(await (await client()).ask(hello)).toMatchObject(helloAnswer);
  });

  it('is never made over a file that is none', async () => {
    writeFileSync(path, 'mine');
    await expect(listen()).rejects.toMatchObject({ code: 'IO' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});

describe('a connection', () => {
  it('answers many requests sent at once', async () => {
    await listen();
    const one = await client();
    const ids = Array.from({ length: 1000 }, (_, id) => id);
    one.send(ids.map((id) => requestLine('system.hello', {}, id)).join(''));
    const got: unknown[] = [];
    for (const _ of ids) got.push(((await one.line()) as { id: unknown }).id);
    expect(got.sort((a, b) => Number(a) - Number(b))).toEqual(ids);
  });

  it('takes a line of 4,096 bytes and refuses a longer one, then goes on', async () => {
    await listen();
    const one = await client();
    const pad = (bytes: number): string => `${hello.trimEnd()}${' '.repeat(bytes - hello.length)}\n`;
    expect(await one.ask(pad(lineLimit))).toMatchObject(helloAnswer);
    expect(await one.ask(pad(lineLimit + 1))).toMatchObject({ error: { data: { code: 'EMSGSIZE' } } });
    expect(await one.ask(requestLine('system.hello', { text: 'x'.repeat(10_000) }))).toMatchObject({
      error: { data: { code: 'EMSGSIZE' } },
    });
    expect(await one.ask(hello)).toMatchObject(helloAnswer);
  });

  it('refuses a line of many megabytes without keeping it', async () => {
    await listen();
    const one = await client();
    const before = process.memoryUsage.rss();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let times = 0; times < 64; times++) {
      await new Promise((resolve) => one.socket.write(chunk, resolve));
    }
    expect(await one.ask(`\n${hello}`)).toMatchObject({ error: { data: { code: 'EMSGSIZE' } } });
    expect(await one.line()).toMatchObject(helloAnswer);
    expect(process.memoryUsage.rss() - before).toBeLessThan(48 * 1024 * 1024);
  });

  it('whose client ends its side still gets its answers', async () => {
    await listen();
    const one = await client();
    one.send(hello + hello);
    one.socket.end();
    expect(await one.line()).toMatchObject(helloAnswer);
    expect(await one.line()).toMatchObject(helloAnswer);
    expect(await one.line()).toBeNull();
  });

  it('that ends within a line is told so', async () => {
    await listen();
    const one = await client();
    one.socket.end('{"jsonrpc":"2.0","id":1,"meth');
    expect(await one.line()).toMatchObject({ error: { code: -32700 } });
    expect(await one.line()).toBeNull();
  });

  it('that goes away in the middle of a request disturbs nobody', async () => {
    await listen();
    for (let times = 0; times < 50; times++) {
      const one = await client();
      one.send(hello.repeat(20) + hello.slice(0, times));
      one.socket.destroy();
    }
    expect(await (await client()).ask(hello)).toMatchObject(helloAnswer);
  });

  it('has at most a share of its user’s requests running; the rest waits', async () => {
    let running = 0;
    let most = 0;
    const answer = async (): Promise<Buffer> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      return Buffer.from('{}\n');
    };
    await listen({ answer });
    const one = await client();
    one.send('\n'.repeat(1000));
    for (let times = 0; times < 1000; times++) expect(await one.line()).toEqual({});
    expect(most).toBe(socketLimits.runningPerUser);
  });

  it('that has gone leaves none of its waiting requests to be run', async () => {
    let started = 0;
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const answer = async (): Promise<Buffer> => {
      started += 1;
      await held;
      await new Promise((resolve) => setImmediate(resolve));
      return Buffer.from('{}\n');
    };
    await listen({ answer });
    const one = await client();
    one.send('\n'.repeat(socketLimits.inFlight));
    while (started < socketLimits.runningPerUser) await new Promise((resolve) => setImmediate(resolve));
    one.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    go();
    expect(await (await client()).ask('\n')).toEqual({});
    // The first answers meet a closed socket; until they do, others have begun.
    expect(started).toBeLessThan(socketLimits.inFlight);
  });

  it('whose client does not read gets only its share answered, and is closed', async () => {
    let answered = 0;
    const answer = async (): Promise<Buffer> => {
      answered += 1;
      return Buffer.alloc(lineLimit, `${'x'.repeat(lineLimit - 1)}\n`);
    };
    await listen({ answer, limits: { ...socketLimits, writing: 200 } });
    const one = await client();
    one.socket.pause();
    one.send('\n'.repeat(100_000));
    while (answered === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { length } = await drained(one);
    // What the kernel's buffers took, and one share.
    expect(answered).toBeLessThan(1000);
    expect(length).toBeLessThan(1000 * lineLimit);
  });

  it('that says nothing, or never ends its line, is closed', async () => {
    await listen({ limits: { ...socketLimits, idle: 300, line: 100 } });
    const [quiet, half] = [await client(), await client()];
    half.send('{"jsonrpc"');
    expect(await half.line()).toBeNull();
    expect(await quiet.line()).toBeNull();
  });
});

it('beyond the limit of connections each is told so and closed, and there is place again later', async () => {
  await listen({ limits: { ...socketLimits, connections: 3 } });
  const three = [await client(), await client(), await client()];
  for (const one of three) expect(await one.ask(hello)).toMatchObject(helloAnswer);
  const fourth = await client();
  expect(await fourth.line()).toMatchObject({ error: { data: { code: 'EBUSY' } } });
  expect(await fourth.line()).toBeNull();
  three[0]?.socket.destroy();
  for (;;) {
    const next = await client();
    const answer = (await next.ask(hello)) as { result?: unknown } | null;
    if (answer?.result !== undefined) break;
  }
});

describe('one user among others', () => {
  /** Connects as another user, as often as wanted; how many were let in. All stay open until the input ends. */
  const connects = `
import socket, sys
links = []
for line in sys.stdin:
    for _ in range(int(line)):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.connect(sys.argv[1])
        s.settimeout(20)
        try:
            s.send(sys.argv[2].encode())
            if b'"result"' in s.recv(4096): links.append(s)
        except OSError: pass
    print(len(links), flush=True)
`;
  const users: AsUser[] = [];
  afterEach(() => {
    for (const user of users.splice(0)) user.end();
  });

  class AsUser {
    readonly #child: ChildProcess;
    readonly #lines: AsyncIterator<string>;

    constructor(uid: number) {
      const who = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
      const child = spawn('setpriv', [...who, 'python3', '-c', connects, path, hello], {
        ...{ env: { PATH: '/usr/bin:/bin' }, stdio: ['pipe', 'pipe', 'inherit'] },
      });
      this.#child = child;
      this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      users.push(this);
    }

    async connects(times: number): Promise<number> {
      this.#child.stdin?.write(`${times}\n`);
      return Number((await this.#lines.next()).value);
    }

    end(): void {
      this.#child.stdin?.end();
    }
  }

  it.runIf(process.getuid?.() === 0)('can not keep others out', async () => {
    let refused = 0;
    const shares = { connections: 100, reserved: 10, connectionsPerUser: 40 };
    await listen({ limits: { ...socketLimits, ...shares }, refused: () => refused++ });
    chmodSync(path, 0o666);
    chmodSync(folder, 0o711);
    const counts: number[] = [];
    for (let uid = 61_001; uid <= 61_006; uid++) counts.push(await new AsUser(uid).connects(60));
    // All that one user gets, then half of what is left, and so on; never none.
    expect(counts).toEqual([40, 25, 13, 6, 3, 2]);
    expect(refused).toBe(6 * 60 - 89);
    expect(await new AsUser(61_007).connects(1)).toBe(1);
    for (let times = 0; times < 10; times++)
      expect(await (await client()).ask(hello)).toMatchObject(helloAnswer);
    expect(await (await client()).line()).toMatchObject({ error: { data: { code: 'EBUSY' } } });
  });
});

it('of what a user does not read only so much is kept, and who reads is answered', async () => {
  const line = Buffer.alloc(lineLimit, `${'x'.repeat(lineLimit - 1)}\n`);
  let answered = 0;
  const answer = async (): Promise<Buffer> => {
    answered += 1;
    return line;
  };
  await listen({ answer, limits: { ...socketLimits, unreadPerUser: 512 * 1024 } });
  const slow = [];
  for (let times = 0; times < 16; times++) slow.push(await client());
  for (const one of slow) one.socket.pause();
  const requests = 400;
  for (const one of slow) {
    one.send('\n'.repeat(requests));
    const quick = await client();
    quick.socket.removeAllListeners('data');
    let bytes = 0;
    quick.socket.on('data', (part: string) => {
      bytes += part.length;
    });
    quick.send('\n'.repeat(requests));
    while (bytes < requests * lineLimit) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const read = [];
  for (const one of slow) read.push((await drained(one)).length);
  const whole = read.filter((length) => length === requests * lineLimit).length;
  // Each has let some 64 answers wait.
  expect(whole).toBeGreaterThan(0);
  expect(whole).toBeLessThanOrEqual(4);
  expect(answered).toBeLessThan(2 * 16 * requests);
});

it('holds 1,024 connections', async () => {
  await listen();
  const all: RawClient[] = [];
  while (all.length < 1024) all.push(await client());
  expect(await all[0]?.ask(hello)).toMatchObject(helloAnswer);
  expect(await all[1023]?.ask(hello)).toMatchObject(helloAnswer);
  expect(await (await client()).line()).toMatchObject({ error: { data: { code: 'EBUSY' } } });
});

it('bytes of any kind in pieces of any size leave it serving', async () => {
  await listen();
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 6000 }),
    fc.constantFrom(hello, '\n', '{', '[[[[', '\0\n', '{"__proto__":{}}\n').map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), fc.boolean(), async (pieces, abrupt) => {
      const one = await RawClient.connect(path);
      for (const bytes of pieces) one.send(bytes);
      if (abrupt) one.socket.destroy();
      else one.socket.end();
      for (let line = await one.line(); line !== null; line = await one.line()) {
        expect(line).toHaveProperty('jsonrpc', '2.0');
      }
    }),
    { numRuns: 200 },
  );
  expect(await (await client()).ask(hello)).toMatchObject(helloAnswer);
});

async function drained(one: RawClient): Promise<Buffer> {
  const parts: Buffer[] = [];
  one.socket.removeAllListeners('data');
  one.socket.on('data', (part: string) => parts.push(Buffer.from(part)));
  const closed = new Promise((resolve) => one.socket.once('close', resolve));
  one.socket.resume();
  one.socket.end();
  await closed;
  return Buffer.concat(parts);
}
