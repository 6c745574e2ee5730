import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fine, runScript } from '../child.fixture.js';
import { system, Threads } from '../index.js';
import { copySecretToMemfd, memfd } from '../ipc.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-system-'));
const dir = openSync(folder, 'r');
afterAll(() => {
  closeSync(dir);
  rmSync(folder, { recursive: true });
});

const code = (name: string, syscall?: string) =>
  expect.objectContaining(syscall === undefined ? { code: name } : { code: name, syscall });
const path = Buffer.from;
const { O_RDONLY, O_CREAT, O_EXCL, O_WRONLY } = constants;

describe('paths beneath a directory', () => {
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  writeFileSync(join(folder, 'a', 'b', 'file'), 'content');
  symlinkSync('b', join(folder, 'a', 'inner'));
  symlinkSync('/', join(folder, 'a', 'outer'));

  it('open what is beneath, with the mode asked for and close-on-exec', () => {
    const fd = system.openBeneath(dir, path('a/b/file'), O_RDONLY, 0);
    expect(readFileSync(fd, 'utf8')).toBe('content');
    expect(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')).toMatch(/flags:\s+0?2\d{6}/);
    closeSync(fd);
    const made = system.openBeneath(dir, path('a/new'), O_CREAT | O_EXCL | O_WRONLY, 0o640);
    closeSync(made);
    expect(statSync(join(folder, 'a', 'new')).mode & 0o777).toBe(0o640 & ~process.umask());
  });

  it('never leave it', () => {
    const open = (name: string) => () => system.openBeneath(dir, path(name), O_RDONLY, 0);
    expect(open('../escape')).toThrow(code('EXDEV', 'openat2'));
    expect(open('a/../../escape')).toThrow(code('EXDEV'));
    expect(open('/etc/passwd')).toThrow(code('EXDEV'));
    expect(open('a/outer/etc/passwd')).toThrow(code('ELOOP'));
    expect(open('a/inner/file')).toThrow(code('ELOOP'));
    expect(open('a/none')).toThrow(code('ENOENT'));
    expect(() => system.mkdirBeneath(dir, path('../made'), 0o700)).toThrow(code('EXDEV'));
    expect(() => system.mkdirBeneath(dir, path('/made'), 0o700)).toThrow(code('EXDEV'));
    expect(() => system.mkdirBeneath(dir, path('a/outer/tmp/made'), 0o700)).toThrow(code('ELOOP'));
    expect(() => system.unlinkBeneath(dir, path('a/inner/file'))).toThrow(code('ELOOP'));
    expect(() => system.unlinkBeneath(dir, path('..'))).toThrow(code('EINVAL'));
    expect(() => system.renameBeneath(dir, path('a/b/file'), path('../out'), false)).toThrow(code('EXDEV'));
    expect(() => system.renameBeneath(dir, path('a/outer/etc/passwd'), path('x'), false)).toThrow(
      code('ELOOP'),
    );
  });

  it('make, rename and unlink', () => {
    system.mkdirBeneath(dir, path('made'), 0o700);
    expect(statSync(join(folder, 'made')).mode & 0o777).toBe(0o700);
    expect(() => system.mkdirBeneath(dir, path('made'), 0o700)).toThrow(code('EEXIST', 'mkdirat'));
    writeFileSync(join(folder, 'one'), '1');
    writeFileSync(join(folder, 'two'), '2');
    expect(() => system.renameBeneath(dir, path('one'), path('two'), true)).toThrow(
      code('EEXIST', 'renameat2'),
    );
    system.renameBeneath(dir, path('one'), path('made/three'), true);
    system.renameBeneath(dir, path('made/three'), path('two'), false);
    expect(readFileSync(join(folder, 'two'), 'utf8')).toBe('1');
    system.unlinkBeneath(dir, path('two'));
    expect(existsSync(join(folder, 'two'))).toBe(false);
    expect(() => system.unlinkBeneath(dir, path('two'))).toThrow(code('ENOENT', 'unlinkat'));
    expect(() => system.unlinkBeneath(dir, path('made'))).toThrow(code('EISDIR'));
  });

  it('take names of any bytes', () => {
    const name = Buffer.from([0xff, 0xfe, 0x0a, 0x20]);
    closeSync(system.openBeneath(dir, name, O_CREAT | O_WRONLY, 0o600));
    expect(readdirSync(folder, { encoding: 'buffer' }).some((found) => found.equals(name))).toBe(true);
    system.unlinkBeneath(dir, name);
  });

  it('refuse misuse', () => {
    expect(() => system.openBeneath(dir, path(''), 0, 0)).toThrow(RangeError);
    expect(() => system.openBeneath(dir, path('a\0b'), 0, 0)).toThrow(RangeError);
    expect(() => system.openBeneath(dir, Buffer.alloc(4096, 'a'), 0, 0)).toThrow(RangeError);
    expect(() => system.openBeneath(dir, 'a' as unknown as Buffer, 0, 0)).toThrow(TypeError);
    expect(() => system.openBeneath(-1, path('a'), 0, 0)).toThrow(RangeError);
    expect(() => system.openBeneath(1_000_000, path('a'), 0, 0)).toThrow(code('EBADF'));
    expect(() => system.renameBeneath(dir, path('a'), path('b'), 1 as unknown as boolean)).toThrow(TypeError);
  });
});

describe('renameAll', () => {
  it('renames in order and stops at the first error', async () => {
    const names = Array.from({ length: 300 }, (_, i) => i);
    mkdirSync(join(folder, 'from'));
    mkdirSync(join(folder, 'to', 'deep'), { recursive: true });
    for (const i of names) writeFileSync(join(folder, 'from', String(i)), String(i));
    const pairs = names.map(
      (i) => [path(`from/${i}`), path(`to/${i % 2 === 0 ? 'deep/' : ''}${i}`)] as const,
    );
    await system.renameAll(dir, pairs.slice(0, 200));
    await system.renameAll(dir, []);
    const broken = [pairs[200], [path('from/none'), path('to/none')] as const, pairs[201]];
    const given = broken.filter((pair) => pair !== undefined);
    await expect(system.renameAll(dir, given)).rejects.toThrow(code('ENOENT', 'renameat'));
    expect(existsSync(join(folder, 'to', 'deep', '200'))).toBe(true);
    expect(existsSync(join(folder, 'from', '201'))).toBe(true);
    expect(readdirSync(join(folder, 'from')).length).toBe(99);
    expect(() => system.renameAll(dir, [[path('a')]] as never)).toThrow(TypeError);
    expect(() => system.renameAll(dir, 'pairs' as never)).toThrow(TypeError);
  });
});

describe('syncing', () => {
  it('syncs files and file systems, or says why not', async () => {
    const fd = openSync(join(folder, 'synced'), 'w+');
    writeSync(fd, 'data');
    await system.fdatasync(fd);
    await system.syncfs(dir);
    closeSync(fd);
    await expect(system.fdatasync(1_000_000)).rejects.toThrow(code('EBADF', 'fdatasync'));
    await expect(system.syncfs(1_000_000)).rejects.toThrow(code('EBADF', 'syncfs'));
  });

  it('writes and syncs in one step, or says which of them failed', async () => {
    const name = join(folder, 'durable');
    const fd = openSync(name, 'w+');
    await system.writeDurably(fd, path('second'), 5);
    await system.writeDurably(fd, path('first'), 0);
    await system.writeDurably(fd, path(''), 0);
    expect(readFileSync(name, 'utf8')).toBe('firstsecond');
    closeSync(fd);
    await expect(system.writeDurably(1_000_000, path('x'), 0)).rejects.toThrow(code('EBADF', 'pwrite'));
    const nothing = openSync('/dev/null', 'w');
    await expect(system.writeDurably(nothing, path('x'), 0)).rejects.toThrow(code('EINVAL', 'fdatasync'));
    closeSync(nothing);
    expect(() => system.writeDurably(fd, 'text' as never, 0)).toThrow(TypeError);
    expect(() => system.writeDurably(fd, path('x'), -1)).toThrow(RangeError);
  });
});

describe('flock', () => {
  it('is taken once among open files', () => {
    const [a, b] = [openSync(folder, 'r'), openSync(folder, 'r')];
    expect(system.flock(a)).toBe(true);
    expect(system.flock(a)).toBe(true);
    expect(system.flock(b)).toBe(false);
    closeSync(a);
    expect(system.flock(b)).toBe(true);
    closeSync(b);
    expect(() => system.flock(1_000_000)).toThrow(code('EBADF', 'flock'));
  });
});

describe('zeroData', () => {
  const threads = new Threads(1);
  afterAll(() => threads.close());

  const mega = 1 << 20;
  const file = join(folder, 'zeroed');

  it('overwrites data, and leaves a hole a hole', async () => {
    const fd = openSync(file, 'w+');
    writeSync(fd, randomBytes(2 * mega), 0, 2 * mega, 0);
    ftruncateSync(fd, 16 * mega);
    const before = fstatSync(fd).blocks;
    await system.zeroData(fd, 8 * mega, 4 * mega, threads);
    expect(fstatSync(fd).blocks).toBe(before);
    await system.zeroData(fd, 100, mega, threads);
    closeSync(fd);
    const now = readFileSync(file);
    expect(now.subarray(100, 100 + mega).equals(Buffer.alloc(mega))).toBe(true);
    expect(now.subarray(0, 100).equals(Buffer.alloc(100))).toBe(false);
    expect(now.subarray(100 + mega, 200 + mega).equals(Buffer.alloc(100))).toBe(false);
  });

  it('writes to what is no regular file, and rejects with the errno of what takes nothing', async () => {
    const full = openSync('/dev/full', 'w');
    await expect(system.zeroData(full, 0, 10, threads)).rejects.toThrow(code('ENOSPC', 'pwrite'));
    closeSync(full);
    await expect(system.zeroData(1_000_000, 0, 10, threads)).rejects.toThrow(code('EBADF', 'fstat'));
  });
});

describe('wipe', () => {
  it('fills with zeros', () => {
    const buffer = randomBytes(1000);
    system.wipe(buffer.subarray(10));
    expect(buffer.subarray(10).every((byte) => byte === 0)).toBe(true);
    expect(buffer.subarray(0, 10).every((byte) => byte === 0)).toBe(false);
  });
});

describe('trimHeap', () => {
  it('leaves what is in use as it is', () => {
    const kept = Array.from({ length: 1000 }, (_, i) => Buffer.alloc(10_000, i % 251));
    system.trimHeap();
    expect(kept.every((buffer, i) => buffer.equals(Buffer.alloc(10_000, i % 251)))).toBe(true);
  });
});

describe('harden', () => {
  const script = `
    native.system.harden();
    const status = fs.readFileSync('/proc/self/status', 'latin1');
    const limits = fs.readFileSync('/proc/self/limits', 'latin1');
    const beneath = native.system.openBeneath(fs.openSync('/', 'r'), Buffer.from('proc'), 0, 0);
    process.stdout.write(JSON.stringify({
      memory: native.system.lockKeyMemory(100_000),
      core: /core file size\\s+0\\s+0/.test(limits), privileges: /NoNewPrivs:\\s+(\\d)/.exec(status)[1],
      owner: fs.statSync('/proc/self/mem').uid, fuse: native.system.fuseFds(),
      secret: native.Secret.random(32).length, fds: fs.readdirSync('/proc/self/fd').length > 2, beneath: beneath > 2 }));`;
  const expected = { core: true, fuse: [], secret: 32, fds: true, beneath: true, owner: 0 };

  it('shuts others out and lets the process go on, as root', () => {
    const ended = runScript(script);
    const report = JSON.parse(ended.text) as object;
    const privileges = process.geteuid?.() === 0 ? '1' : '0';
    expect(report).toEqual({
      ...expected,
      privileges,
      memory: expect.stringMatching(/^(memfd_secret|mlock)$/),
    });
    expect(ended).toMatchObject({ status: 0, signal: null });
  });

  it('leaves an ordinary user the way to fusermount', () => {
    // A user of the test's own namespace where the test runs as root; the test's own user otherwise.
    const command =
      process.geteuid?.() === 0
        ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath]
        : [process.execPath];
    const ended = runScript(script, command);
    const report = JSON.parse(ended.text) as object;
    expect(report).toEqual({
      ...expected,
      privileges: '0',
      memory: expect.stringMatching(/^(memfd_secret|mlock)$/),
    });
  });

  it('leaves no signal at which Node opens its debugger to everybody on this machine', () => {
    const signalled = `
      native.system.harden();
      const status = fs.readFileSync('/proc/self/status', 'latin1');
      const bit = 1n << BigInt(os.constants.signals.SIGUSR1 - 1);
      const [ignored, caught] = [/SigIgn:\\s+(\\w+)/, /SigCgt:\\s+(\\w+)/].map((set) => (BigInt('0x' + set.exec(status)[1]) & bit) !== 0n);
      for (let i = 0; i < 3; i++) {
        process.kill(process.pid, 'SIGUSR1');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      process.stdout.write(JSON.stringify({ ignored, caught, debugger: require('node:inspector').url() ?? null }));`;
    const command = [process.execPath, '--inspect-port=0'];
    expect(runScript(signalled, command)).toEqual(fine('{"ignored":true,"caught":false,"debugger":null}'));
  });
});

describe('a descriptor that another process passed', () => {
  const threads = new Threads(1);
  afterAll(() => threads.close());

  it('is closed on a thread of its own, whatever its file system says', async () => {
    const [one, two] = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r')];
    expect(await system.closeAll([one, 1_000_000, two])).toEqual(['EBADF']);
    for (const fd of [one, two]) expect(() => closeSync(fd)).toThrow(code('EBADF'));
    expect(() => system.closeAll([-1])).toThrow(RangeError);
    expect(() => system.closeAll(3 as never)).toThrow(TypeError);
  });

  it('is sealed when it is a memory file that nobody can change', () => {
    const fds = [memfd('open', 0), memfd('sized', 10), openSync('/dev/null', 'r'), dir, 1_000_000];
    const shared = join('/dev/shm', `sherin-test-${process.pid}`);
    writeFileSync(shared, 'x');
    fds.push(openSync(shared, 'r'));
    rmSync(shared);
    for (const fd of fds) expect(system.isSealed(fd)).toBe(false);
    for (const fd of fds.filter((fd) => fd !== dir && fd !== 1_000_000)) closeSync(fd);
    const given = openSync('/dev/null', 'r');
    const secret = copySecretToMemfd(given);
    closeSync(given);
    expect(system.isSealed(secret)).toBe(true);
    closeSync(secret);
  });

  it('says whether it can be written, and whether it is regular', async () => {
    const path = join(folder, 'passed');
    const [write, both, read, device] = [
      openSync(path, 'w'),
      openSync(path, 'r+'),
      openSync(path, 'r'),
      openSync('/dev/null', 'w'),
    ];
    expect([write, both, read, device].map((fd) => system.isWritable(fd))).toEqual([true, true, false, true]);
    expect(() => system.isWritable(1_000_000)).toThrow(code('EBADF'));
    expect(await system.isRegular(read, threads)).toBe(true);
    expect(await system.isRegular(device, threads)).toBe(false);
    expect(await system.isRegular(dir, threads)).toBe(false);
    await expect(system.isRegular(1_000_000, threads)).rejects.toThrow(code('EBADF', 'fstat'));
    for (const fd of [write, both, read, device]) closeSync(fd);
  });
});
