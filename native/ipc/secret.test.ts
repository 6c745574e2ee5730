import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  closeSecretMemfd,
  copySecretToMemfd,
  memfd,
  readSecretToMemfd,
  sealMemfd,
  secretMemfd,
} from '../ipc.js';

const addon = join(import.meta.dirname, '../../build/Release/sherin_ipc.node');

/**
 * Runs readSecretToMemfd on a pseudo-terminal (Python's pty), types `keys` once the prompt is there, and reports what
 * the process said, what the terminal showed, and whether its echo is on again.
 */
function type(keys: string, then = ''): { said: string; shown: string; echo: boolean; status: number } {
  const child = `const ipc = require(${JSON.stringify(addon)}), fs = require('fs');
    try { const fd = ipc.readSecretToMemfd(0, 'PIN: '); fs.writeSync(3, 'got ' + fs.readFileSync(fd).toString('hex')); }
    catch (error) { fs.writeSync(3, error.code); }`;
  const script = `import os, pty, sys, json, termios, signal, time
r, w = os.pipe()
pid, tty = pty.fork()
if pid == 0:
    os.dup2(w, 3)
    os.execvp(sys.argv[1], [sys.argv[1], '-e', sys.argv[2]])
os.close(w)
shown = b''
while b'PIN: ' not in shown: shown += os.read(tty, 1024)
os.write(tty, bytes.fromhex(sys.argv[3]))
${then}
said = b''
while True:
    part = os.read(r, 4096)
    if not part: break
    said += part
_, status = os.waitpid(pid, 0)
echo = bool(termios.tcgetattr(tty)[3] & termios.ECHO)
os.set_blocking(tty, False)
try: shown += os.read(tty, 4096)
except OSError: pass
print(json.dumps({'said': said.decode(), 'shown': shown.decode(), 'echo': echo, 'status': status}))`;
  const hex = Buffer.from(keys).toString('hex');
  const result = spawnSync('python3', ['-c', script, process.execPath, child, hex], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

const got = (text: string): string => `got ${Buffer.from(text).toString('hex')}`;

describe('a secret typed at a terminal', () => {
  test('comes back without line end and is never shown', () => {
    const result = type('correct horse\r');
    expect(result).toMatchObject({ said: got('correct horse'), echo: true, status: 0 });
    expect(result.shown).toBe('PIN: \r\n');
  });

  test('can be empty, and edited', () => {
    expect(type('\r').said).toBe(got(''));
    expect(type('ab\u007fc\r').said).toBe(got('ac'));
    expect(type('grün\u007f\u007f\u007fün!\r').said).toBe(got('gün!'));
    expect(type('wrong\u0015right\r').said).toBe(got('right'));
    expect(type('end\u0004').said).toBe(got('end'));
    expect(type('\u007f\u007fx\n').said).toBe(got('x'));
  });

  test('Ctrl-C, Ctrl-\\ and Ctrl-D give up, with the terminal as it was', () => {
    expect(type('half\u0003')).toMatchObject({ said: 'EINTR', echo: true, status: 0 });
    expect(type('half\u001c')).toMatchObject({ said: 'EINTR', echo: true });
    expect(type('\u0004')).toMatchObject({ said: 'ENODATA', echo: true });
  });

  test('too long a line is refused', () => {
    expect(type(`${'x'.repeat(1024)}\r`).said).toBe(got('x'.repeat(1024)));
    expect(type(`${'x'.repeat(1025)}\r`)).toMatchObject({ said: 'EMSGSIZE', echo: true });
  });

  test('a signal ends the process with the terminal as it was', () => {
    for (const signal of ['TERM', 'HUP', 'INT']) {
      const result = type('half', `time.sleep(0.1); os.kill(pid, signal.SIG${signal})`);
      expect(result.echo).toBe(true);
      expect(result.status & 0x7f).toBe({ TERM: 15, HUP: 1, INT: 2 }[signal]);
    }
  });

  test('needs a terminal', () => {
    const fd = openSync('/dev/null', 'r+');
    expect(() => readSecretToMemfd(fd, 'PIN: ')).toThrow(expect.objectContaining({ code: 'ENOTTY' }));
    closeSync(fd);
    expect(() => readSecretToMemfd(9999, 'PIN: ')).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(() => (readSecretToMemfd as (fd: unknown) => unknown)('x')).toThrow(TypeError);
  });
});

describe('a memory file', () => {
  test('of a fixed size neither grows nor shrinks', () => {
    const fd = memfd('fixed', 10);
    expect(fstatSync(fd).size).toBe(10);
    expect(() => ftruncateSync(fd, 11)).toThrow();
    expect(() => ftruncateSync(fd, 9)).toThrow();
    expect(() => writeSync(fd, 'x', 10)).toThrow();
    writeSync(fd, 'y', 9);
    const bytes = Buffer.alloc(10);
    expect(readSync(fd, bytes, 0, 10, 0)).toBe(10);
    expect(bytes[9]).toBe(0x79);
    expect(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')).toMatch(/flags:\s+0?2\d{6}/);
    closeSync(fd);
  });

  test('of no size grows as it is written', () => {
    const fd = memfd('growing', 0);
    writeSync(fd, 'abc');
    expect(fstatSync(fd).size).toBe(3);
    closeSync(fd);
  });
});

describe('a secret from a descriptor', () => {
  test('is copied as it is, up to 1024 bytes', () => {
    const source = memfd('source', 0);
    for (const length of [0, 1, 1024]) {
      ftruncateSync(source, 0);
      writeSync(source, 's'.repeat(length), 0);
      const given = openSync(`/proc/self/fd/${source}`, 'r');
      const copy = copySecretToMemfd(given);
      expect(readFileSync(copy, 'utf8')).toBe('s'.repeat(length));
      closeSync(given);
      closeSync(copy);
    }
    writeSync(source, 's'.repeat(1025), 0);
    const given = openSync(`/proc/self/fd/${source}`, 'r');
    expect(() => copySecretToMemfd(given)).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
    closeSync(given);
    closeSync(source);
    expect(() => copySecretToMemfd(source)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test('is waited for where it comes late, even from a pipe that does not block', () => {
    const script = `const ipc = require(${JSON.stringify(addon)}), fs = require('fs');
      process.stdout.write(fs.readFileSync(ipc.copySecretToMemfd(0)));`;
    const slow = spawnSync(
      'bash',
      ['-c', '(printf one; sleep 0.2; printf two) | "$0" -e "$1"', process.execPath, script],
      {
        encoding: 'utf8',
      },
    );
    expect(slow.stdout).toBe('onetwo');
  });
});

describe('the memory file of a secret', () => {
  const locked = () =>
    Number(/^VmLck:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;

  test('is in locked memory until it is closed, and can be written once', () => {
    const before = locked();
    const fd = secretMemfd(63);
    expect(locked()).toBeGreaterThan(before);
    writeSync(fd, 'k'.repeat(63), 0);
    sealMemfd(fd);
    expect(() => writeSync(fd, 'x', 0)).toThrow(expect.objectContaining({ code: 'EPERM' }));
    expect(readFileSync(`/proc/self/fd/${fd}`, 'utf8')).toBe('k'.repeat(63));
    closeSecretMemfd(fd);
    expect(locked()).toBe(before);
    expect(() => fstatSync(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test('has a size, and closes what is none', () => {
    for (const size of [0, 1025, -1, '1'] as number[]) expect(() => secretMemfd(size)).toThrow(TypeError);
    expect(() => closeSecretMemfd(1_000_000)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(() => closeSecretMemfd('1' as never)).toThrow(TypeError);
  });

  test('is none where nothing can be locked', () => {
    const script = `const ipc = require(${JSON.stringify(addon)}), fs = require('fs'), said = [];
      for (const step of [() => ipc.secretMemfd(63), () => ipc.copySecretToMemfd(0)])
        try { step(); } catch (error) { said.push(error.syscall, error.code); }
      process.stdout.write(said.join());`;
    const ordinary =
      process.getuid?.() === 0 ? ['--bounding-set', '-ipc_lock', '--inh-caps', '-ipc_lock'] : [];
    const refused = spawnSync(
      'setpriv',
      [...ordinary, 'prlimit', '--memlock=0:0', process.execPath, '-e', script],
      { encoding: 'utf8', input: 'secret' },
    );
    expect(refused.stdout).toBe('mlock,EPERM,mlock,EPERM');
  });
});
