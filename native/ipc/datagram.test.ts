import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bindDatagrams, type DatagramSocket, type Sender } from '../ipc.js';
import { openDescriptors } from './socket.fixture.js';

interface Heard {
  readonly message: string;
  readonly sender: Sender;
}

let directory: string;
let own: string;
let peer: string;
let heard: Heard[];
let socket: DatagramSocket;
let news: () => void = () => {};

const handlers = {
  message: (message: Buffer, sender: Sender): void => {
    heard.push({ message: message.toString(), sender });
    news();
  },
  refused: (reason: string, sender: Sender): void => {
    heard.push({ message: `(${reason})`, sender });
    news();
  },
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sherin-datagrams-'));
  own = join(directory, 'own');
  peer = join(directory, 'peer');
  heard = [];
  socket = bindDatagrams(own, peer, 512, handlers);
});
afterEach(() => {
  socket.close();
  closeSync(socket.peerFd);
  rmSync(directory, { recursive: true });
});

async function first(count: number): Promise<Heard[]> {
  while (heard.length < count) {
    await new Promise<void>((resolve) => {
      news = resolve;
    });
  }
  return heard;
}

/** Runs Python with `s`, a datagram socket, and `path`, that of this end; what it prints. */
function python(script: string, path = own, prefix: readonly string[] = []): string {
  const head = `import socket, sys, array, os\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\npath = sys.argv[1]\n`;
  const [program = 'python3', ...args] = [...prefix, 'python3', '-c', head + script, path];
  return execFileSync(program, args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } });
}

describe('datagrams', () => {
  test('keep their boundaries, and come with the kernel’s word on the sender', async () => {
    writeSync(socket.peerFd, 'one');
    writeSync(socket.peerFd, 'two');
    const [one, two] = await first(2);
    expect([one?.message, two?.message]).toEqual(['one', 'two']);
    expect(one?.sender).toEqual({
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      fromPeer: true,
    });
  });

  test('are taken at the path, too, with the pid of another process', async () => {
    const pid = Number(python('s.sendto(b"hello", path); print(os.getpid())'));
    const [hello] = await first(1);
    expect(hello).toMatchObject({ message: 'hello', sender: { pid, fromPeer: false } });
  });

  test('of another socket with a name are not those of the other end', async () => {
    python('s.bind(path + "2"); s.sendto(b"x", path)');
    expect((await first(1))[0]?.sender.fromPeer).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)('name another user', async () => {
    chmodSync(directory, 0o711);
    chmodSync(own, 0o666);
    python('s.sendto(b"x", path)', own, ['setpriv', '--reuid=65534', '--regid=65533', '--clear-groups']);
    expect((await first(1))[0]?.sender).toMatchObject({ uid: 65534, gid: 65533 });
  });

  test('of more than the limit are told of, not delivered', async () => {
    writeSync(socket.peerFd, 'x'.repeat(512));
    writeSync(socket.peerFd, 'x'.repeat(513));
    writeSync(socket.peerFd, 'x'.repeat(60_000));
    expect((await first(3)).map(({ message }) => message.length)).toEqual([512, 10, 10]);
    expect(heard[1]).toMatchObject({ message: '(oversize)', sender: { pid: process.pid } });
  });

  test('with descriptors are told of, and none stays open', async () => {
    const before = openDescriptors();
    python(`fds = array.array("i", [os.open("/dev/null", os.O_RDONLY) for _ in range(3)])
s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)], 0, path)`);
    expect((await first(1))[0]?.message).toBe('(descriptors)');
    expect(openDescriptors()).toBe(before);
  });

  test('can’t lie about who sent them without the right to', async () => {
    chmodSync(directory, 0o711);
    chmodSync(own, 0o666);
    const lie = `import struct
try: s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack("iII", 1, 0, 0))], 0, path); print("sent")
except PermissionError: print("refused")`;
    const root = process.getuid?.() === 0;
    const prefix = root ? ['setpriv', '--reuid=65534', '--regid=65533', '--clear-groups'] : [];
    expect(python(lie, own, prefix)).toBe('refused\n');
  });

  test('reach the other end, which takes none from others', async () => {
    expect(socket.send(Buffer.from('task'))).toBe(true);
    const buffer = Buffer.alloc(512);
    expect(buffer.toString('utf8', 0, readSync(socket.peerFd, buffer))).toBe('task');
    const forged = `
try: s.sendto(b"forged", path); print("sent")
except PermissionError: print("refused")`;
    expect(python(forged, peer)).toBe('refused\n');
  });

  test('say when the other end’s queue is full', () => {
    let sent = 0;
    while (sent < 10_000 && socket.send(Buffer.from('x'))) sent++;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(10_000);
  });
});

describe('binding', () => {
  test('sets the mode of both, and leaves nothing when it fails', () => {
    expect([own, peer].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
    const other = join(directory, 'other');
    const before = openDescriptors();
    expect(() => bindDatagrams(other, peer, 512, handlers)).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind' }),
    );
    expect(() => statSync(other)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(openDescriptors()).toBe(before);
  });

  test('works on paths longer than a socket address', async () => {
    const deep = join(directory, 'd'.repeat(120));
    mkdirSync(deep);
    const far = bindDatagrams(join(deep, 'own'), join(deep, 'peer'), 16, handlers);
    writeSync(far.peerFd, 'far');
    expect((await first(1))[0]).toMatchObject({ message: 'far', sender: { fromPeer: true } });
    expect(far.send(Buffer.from('back'))).toBe(true);
    closeSync(far.peerFd);
    far.close();
  });

  test('wrong arguments throw at once', () => {
    const loose = bindDatagrams as (...values: unknown[]) => unknown;
    const path = join(directory, 'x');
    for (const values of [
      [],
      [path, path],
      [path, path, 0, handlers],
      [path, path, 65_537, handlers],
      [path, path, Number.NaN, handlers],
      ['', path, 512, handlers],
      [path, path, 512, {}],
      [path, path, 512, { message: handlers.message }],
    ]) {
      expect(() => loose(...values)).toThrow(TypeError);
    }
    expect(() => socket.send('text' as unknown as Buffer)).toThrow(TypeError);
    for (const [message, code] of [
      [Buffer.alloc(0), 'EINVAL'],
      [Buffer.alloc(513), 'EMSGSIZE'],
    ] as const) {
      expect(() => socket.send(message)).toThrow(expect.objectContaining({ code }));
    }
  });

  test('closed is closed', () => {
    socket.close();
    socket.close();
    expect(() => socket.send(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  });

  test('ends with the process: what was not closed keeps nobody', () => {
    const script = `
      const { bindDatagrams } = require(${JSON.stringify(join(import.meta.dirname, '../../build/Release/sherin_ipc.node'))});
      bindDatagrams(${JSON.stringify(join(directory, 'a'))}, ${JSON.stringify(join(directory, 'b'))}, 64, { message() {}, refused() {} });
      process.exit(7);`;
    expect(spawnSync(process.execPath, ['-e', script]).status).toBe(7);
  });
});
