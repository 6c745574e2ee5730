import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect } from '../../native/ipc.js';
import { Machine } from './machine.js';
import { Program } from './program.js';
import { until } from './wait.js';

const content = randomBytes(200_000);
let machine: Machine;
let pid: number;

beforeAll(() => {
  machine = Machine.start();
  writeFileSync(join(machine.home, 'data'), content);
  machine.ok('put', join(machine.home, 'data'), 'files/data');
  pid = machine.fsPid;
});
afterAll(() => machine.end());

const socket = (): string => join(machine.home, 'run/sherin-fs.sock');
/** How many it holds; those of the copy of the log come and go by themselves. */
const descriptors = (): number => {
  const folder = `/proc/${pid}/fd`;
  const places = readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(join(folder, fd));
    } catch {
      return '';
    }
  });
  return places.filter((place) => place !== '' && !place.startsWith(join(machine.vault, 'log'))).length;
};

/** A connection that collects what comes. */
function open(): { readonly link: Connection; readonly said: string[]; readonly closed: () => boolean } {
  const said: string[] = [];
  let closed = false;
  const link = connect(socket(), {
    message: (message, fds) => {
      said.push(message.toString());
      for (const fd of fds) closeSync(fd);
    },
    close: () => {
      closed = true;
    },
  });
  return { link, said, closed: () => closed };
}

/** Does what a test does, then: the same process serves, and holds no descriptor that it did not hold before. */
async function unharmed(act: () => Promise<void>): Promise<void> {
  const before = descriptors();
  await act();
  expect(machine.fsPid).toBe(pid);
  expect(readFileSync(join(machine.mount, 'files/data')).equals(content)).toBe(true);
  await until('descriptors are left open', () => descriptors() <= before);
  expect(machine.log).not.toMatch(/"level":[56]0/);
}

const request = (method: string, params: object = {}, id = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

/** Raw messages that the product's own client would never send. */
const hostile = `
import array, os, socket, sys
def link():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(sys.argv[1])
    s.settimeout(20)
    return s
def closed(s):
    try: return s.recv(1 << 17) == b''
    except ConnectionResetError: return True
for line in sys.stdin:
    if line == 'oversize\\n':
        s = link(); s.send(b'x' * 140000); print(closed(s))
    elif line == 'descriptors\\n':
        null = [os.open('/dev/null', os.O_RDONLY) for _ in range(200)]
        outcomes = set()
        for _ in range(30):
            s = link()
            s.sendmsg([b'{}'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', null))])
            outcomes.add(closed(s)); s.close()
        for fd in null: os.close(fd)
        print(outcomes)
    elif line == 'connections\\n':
        links = [link() for _ in range(300)]
        refused = sum(b'"FS_FULL"' in s.recv(1 << 17) and closed(s) for s in links[256:])
        for s in links: s.close()
        print(refused == 44)
    elif line == 'gone\\n':
        for _ in range(50):
            s = link(); s.send(b'{"jsonrpc":"2.0","id":1,"method":"verify","params":{}}'); s.close()
        print('sent')
`;

describe('the control socket', () => {
  it('answers every message it does not take, and stays', async () => {
    await unharmed(async () => {
      const { link, said, closed } = open();
      const messages = [
        'not JSON',
        '{}',
        '[]',
        'null',
        '"'.repeat(1000),
        '['.repeat(100_000),
        randomBytes(1000).toString('latin1'),
        '{"jsonrpc":"1.0","id":1,"method":"status"}',
        request('frobnicate'),
        request('__proto__'),
        request('constructor'),
        request('status', { more: 1 }),
        request('list', { path: 5 }),
        request('list', { path: 'x'.repeat(100_000) }),
        request('read', { target: 'files/data', offset: 0, length: 1, at: 0 }),
        request('put.begin', {}),
        request('put.entries', {
          transfer: 77,
          entries: [{ path: 'x', kind: 'file', mode: 0, uid: 0, gid: 0, atime: '0', mtime: '0' }],
        }),
        request('put.end', { transfer: -1 }),
        request('audit.tail', { count: 1e9 }),
      ];
      for (const message of messages) await link.send(Buffer.from(message));
      await until('an answer is missing', () => said.length === messages.length);
      for (const answer of said)
        expect(JSON.parse(answer)).toMatchObject({ error: { data: { code: 'PROTOCOL' } } });
      expect(closed()).toBe(false);
      link.close();
    });
  });

  it('refuses descriptors that a method does not take, and closes them', async () => {
    const null_ = openSync('/dev/null', 'r');
    await unharmed(async () => {
      const { link, said } = open();
      for (let i = 0; i < 20; i++) {
        const method = i % 2 === 0 ? 'status' : 'unlock';
        const params = method === 'unlock' ? { slot: 'recovery' } : {};
        await link.send(
          Buffer.from(request(method, params)),
          Array.from({ length: 60 }, () => null_),
        );
      }
      await link.send(Buffer.from(request('unlock', { slot: 'recovery' })), [null_]);
      await until('an answer is missing', () => said.length === 21);
      for (const answer of said) expect(JSON.parse(answer).error.data.code).toMatch(/^(PROTOCOL|USAGE)$/);
      link.close();
    });
    closeSync(null_);
  });

  it('outlives oversize messages, floods of descriptors and of connections, and who leaves before the answer', async () => {
    const program = new Program(hostile, [socket()]);
    try {
      await unharmed(async () => expect(await program.ask('oversize')).toBe('True'));
      await unharmed(async () => expect(await program.ask('descriptors')).toBe('{True}'));
      await unharmed(async () => expect(await program.ask('connections')).toBe('True'));
      await unharmed(async () => expect(await program.ask('gone')).toBe('sent'));
    } finally {
      program.kill();
    }
  });

  it('drops a put whose sender is gone: nothing of it is there, nothing is left over', async () => {
    const source = openSync(join(machine.home, 'data'), 'r');
    const pipe = openSync('/proc/self/fd', 'r');
    await unharmed(async () => {
      for (let i = 0; i < 10; i++) {
        const { link, said } = open();
        await link.send(Buffer.from(request('put.begin', { destination: `files/half${i}` })));
        await until('no answer', () => said.length === 1);
        const { transfer } = JSON.parse(said[0] ?? '').result;
        const times = { mode: 0o600, uid: 0, gid: 0, atime: '0', mtime: '0' };
        const entries = [
          { path: 'a', kind: 'file', size: content.length, fd: 0, ...times },
          { path: 'b', kind: 'file', size: 5, fd: 1, ...times },
          { path: '../c', kind: 'file', size: 5, fd: 0, ...times },
        ];
        await link.send(Buffer.from(request('put.entries', { transfer, entries })), [source, pipe]);
        if (i % 2 === 0) await until('no answer', () => said.some((line) => line.includes('outcomes')));
        link.close();
      }
      await machine.settled();
    });
    closeSync(source);
    closeSync(pipe);
    expect(machine.ok('ls')).not.toContain('half');
    expect(machine.run('verify')).toMatchObject({ code: 0 });
  });
});
