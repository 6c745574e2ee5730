/** What a bot may try to get out, each attempt as a Python program that the bot runs in its sandbox. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SupervisedBot } from './supervised-bot.js';
import { BotWorkplace } from './testing/workplace.js';

let place: BotWorkplace;
let bot: SupervisedBot;
beforeAll(async () => {
  place = new BotWorkplace();
  bot = place.bot('runner.py', { limits: { file_size: 2 ** 20 * 8, tmp: 2 ** 20 * 16, files: 64 } });
  await bot.start();
});
afterAll(() => place.remove());

/** What the attempt prints; errors of the system as their names. */
async function attempt(lines: string): Promise<string> {
  const indented = lines.trim().replace(/^/gm, '    ');
  const program = `import ctypes, errno, os, signal, socket, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    if libc.syscall(number, *args) >= 0: return "done"
    return errno.errorcode[ctypes.get_errno()]
try:
${indented}
except OSError as error: print(errno.errorcode.get(error.errno, error))
`;
  const said = await place.run(bot, program);
  return said.replace(/exit 0\n$/, '').trim();
}

describe('the network', () => {
  test('leads nowhere', async () => {
    expect(await attempt('socket.create_connection(("1.1.1.1", 53), 2); print("connected")')).toBe(
      'ENETUNREACH',
    );
    expect(await attempt('socket.getaddrinfo("example.org", 80); print("resolved")')).not.toContain(
      'resolved',
    );
  });

  test('has no interface but its own loopback, where nobody of the machine listens', async () => {
    const server: Server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    expect(await attempt(`socket.create_connection(("127.0.0.1", ${port}), 2)`)).toBe('ECONNREFUSED');
    server.close();
    expect(await attempt('print(open("/proc/net/dev").read().count(":"))')).toBe('1');
  });

  test('has no sockets of other kinds: netlink, packets, virtual machines, ciphers', async () => {
    for (const family of [16, 17, 38, 40, 44]) {
      expect(await attempt(`socket.socket(${family}, 3)`), String(family)).toBe('EAFNOSUPPORT');
    }
  });

  test('has no abstract sockets of the machine', async () => {
    const name = `sherin-test-${process.pid}`;
    const script = `import socket, time; s = socket.socket(socket.AF_UNIX); s.bind("\\0${name}"); s.listen(); print("up", flush=True); time.sleep(60)`;
    const listener = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => listener.stdout.once('data', resolve));
    const connect = `s = socket.socket(socket.AF_UNIX); s.connect("\\0${name}"); print("connected")`;
    expect(execFileSync('python3', ['-c', `import socket; ${connect}`], { encoding: 'utf8' })).toBe(
      'connected\n',
    );
    expect(await attempt(connect)).toBe('ECONNREFUSED');
    listener.kill();
  });

  test('has no way to sockets beside its own', async () => {
    const path = join(place.runtime, 'sherind.sock');
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    chmodSync(path, 0o777);
    expect(await attempt(`s = socket.socket(socket.AF_UNIX); s.connect(${JSON.stringify(path)})`)).toBe(
      'ENOENT',
    );
    server.close();
  });
});

describe('files', () => {
  test('of the machine are not there', async () => {
    for (const path of [
      '/etc/shadow',
      '/etc/hostname',
      '/root',
      '/home',
      '/var',
      '/var/lib',
      '/run',
      '/mnt',
      '/sys',
      '/opt',
      '/boot',
    ]) {
      expect(await attempt(`os.stat(${JSON.stringify(path)}); print("there")`), path).toBe('ENOENT');
    }
    expect(await attempt('print(sorted(os.listdir("/")))')).toMatch(
      /^\['bin', 'dev', 'etc', 'lib', ('lib32', )?('lib64', )?('libx32', )?'proc', ('sbin', )?'sherin', 'tmp', 'usr'\]$/,
    );
    expect(await attempt('print(sorted(os.listdir("/etc")))')).toMatch(
      /^\[('alternatives', )?'group', 'hosts', ('ld\.[a-z.]+', )*'nsswitch.conf', 'passwd'\]$/,
    );
    expect(await attempt('print(open("/etc/passwd").read())')).toBe('bot:x:1000:1000::/tmp:/bin/sh');
  });

  test('of other bots are not there, by no path', async () => {
    const other = join(place.directory, 'mount/other');
    mkdirSync(other);
    writeFileSync(join(other, 'secret'), 'secret');
    expect(await attempt(`print(open(${JSON.stringify(join(other, 'secret'))}).read())`)).toBe('ENOENT');
    expect(await attempt('print(open("/sherin/in/../other/secret").read())')).toBe('ENOENT');
    expect(await attempt('print(sorted(os.listdir("/sherin")))')).toBe(
      "['bin', 'bot', 'in', 'out', 'sockets']",
    );
  });

  test('can be written in /tmp, /dev/shm and out/ only', async () => {
    for (const folder of ['/tmp', '/dev/shm', '/sherin/out']) {
      expect(await attempt(`open("${folder}/x", "w").close(); print("written")`), folder).toBe('written');
    }
    for (const folder of [
      '/',
      '/etc',
      '/dev',
      '/usr',
      '/usr/bin',
      '/sherin',
      '/sherin/bot',
      '/sherin/in',
      '/sherin/sockets',
      '/proc/sys',
    ]) {
      expect(await attempt(`open("${folder}/x", "w").close(); print("written")`), folder).toMatch(
        /^(EROFS|EACCES|ENOENT)$/,
      );
    }
    expect(await attempt('open("/sherin/bot/runner.py", "a"); print("written")')).toMatch(/^(EROFS|EACCES)$/);
    expect(await attempt('os.unlink("/sherin/sockets/sherind.sock"); print("gone")')).toMatch(
      /^(EROFS|EACCES)$/,
    );
  });

  test('behind links in out/ are those of the sandbox', async () => {
    symlinkSync('/etc/hostname', join(place.out, 'planted'));
    expect(await attempt('print(open("/sherin/out/planted").read())')).toBe('ENOENT');
    expect(
      await attempt('os.symlink("/etc/shadow", "/sherin/out/link"); print(open("/sherin/out/link").read())'),
    ).toBe('ENOENT');
    expect(
      await attempt(
        'os.symlink("../../..", "/sherin/out/up"); print(sorted(os.listdir("/sherin/out/up/"))[0])',
      ),
    ).toBe('bin');
    expect(lstatSync(join(place.out, 'link')).isSymbolicLink()).toBe(true);
    expect(await attempt('os.link("/etc/passwd", "/sherin/out/hard"); print("linked")')).toMatch(
      /^(EXDEV|EPERM)$/,
    );
  });

  test('of other processes are not there: nothing but the pair and the standard ones is open', async () => {
    const open =
      'print([os.readlink(f"/proc/self/fd/{fd}") for fd in (0, 1, 2)], sorted(fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 2)[:-1])';
    expect(await attempt(open)).toMatch(/\[3\]$/);
    const kinds =
      'print(sorted({os.readlink(f"/proc/{p}/fd/{fd}").split(":")[0] for p in (1, os.getppid()) for fd in os.listdir(f"/proc/{p}/fd")}))';
    expect(await attempt(kinds)).toMatch(
      /^(EACCES|EPERM|\[('\/dev\/null'|'anon_inode'|'pipe'|'socket'|\/sherin[^']*|, )*\])$/,
    );
  });
});

describe('other processes', () => {
  test('are not to be seen', async () => {
    const names =
      'print(sorted(open(f"/proc/{p}/comm").read().strip() for p in os.listdir("/proc") if p.isdigit()))';
    expect(await attempt(names)).toBe("['bwrap', 'python3', 'runner.py']");
  });

  test('can not be sent signals: their numbers are others’ or nobody’s', async () => {
    expect(await attempt(`os.kill(${process.pid}, 0); print("there")`)).toBe('ESRCH');
    expect(await attempt('os.kill(1, signal.SIGKILL); print(os.getppid() > 0)')).toBe('True');
    expect(await attempt('os.kill(-1, 0); print("only its own")')).toBe('only its own');
  });

  test('can not be traced, read or written to', async () => {
    const [ptrace, readv, getfd] = process.arch === 'arm64' ? [117, 270, 438] : [101, 310, 438];
    expect(await attempt(`print(call(${ptrace}, 16, os.getppid(), 0, 0))`)).toBe('EPERM');
    expect(await attempt(`print(call(${readv}, os.getppid(), 0, 0, 0, 0, 0))`)).toBe('EPERM');
    expect(await attempt(`print(call(${getfd}, 3, 0, 0))`)).toBe('EPERM');
  });

  test('do not show their environment, and the bot’s own holds nothing of the machine', async () => {
    const names =
      'print(sorted({word.split("=")[0] for p in (1, "self") for word in open(f"/proc/{p}/environ").read().split("\\0") if word}))';
    expect(await attempt(names)).toBe(
      "['HOME', 'LANG', 'LC_CTYPE', 'PATH', 'PWD', 'SHERIN_IN', 'SHERIN_OUT', 'SHERIN_SOCKETS', 'SHERIN_SOCKET_FD', 'TMPDIR', 'TZ', 'USER']".replace(
        "'LC_CTYPE', ",
        '',
      ),
    );
    expect(await attempt('print(socket.gethostname())')).toBe('bot');
  });
});

describe('rights', () => {
  test('there are none: no capability, and no program gives any', async () => {
    const status =
      'print([line.split()[1] for line in open("/proc/self/status") if line[:6] in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb") or line.startswith(("NoNewPrivs", "Seccomp:"))])';
    const none = '0000000000000000';
    expect(await attempt(status)).toBe(
      `[${[none, none, none, none, none, '1', '2'].map((word) => `'${word}'`).join(', ')}]`,
    );
    expect(
      await attempt(
        'print(subprocess.run(["su", "-c", "id"], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0)',
      ),
    ).toBe('True');
    expect(await attempt('os.setuid(0)')).toBe('EINVAL');
    expect(await attempt('os.chown("/tmp", 0, 0)')).toBe('EINVAL');
    expect(
      await attempt(
        'open("/tmp/s", "w").close(); os.chmod("/tmp/s", 0o4755); print(os.statvfs("/tmp").f_flag & os.ST_NOSUID != 0)',
      ),
    ).toBe('True');
  });

  test('namespaces, mounts and parts of the kernel are refused', async () => {
    const numbers: Record<string, readonly [number, number]> = {
      unshare: [272, 97],
      setns: [308, 268],
      mount: [165, 40],
      pivot_root: [155, 41],
      chroot: [161, 51],
      bpf: [321, 280],
      keyctl: [250, 219],
      userfaultfd: [323, 282],
      perf_event_open: [298, 241],
      kexec_load: [246, 104],
      init_module: [175, 105],
      io_uring_setup: [425, 425],
      memfd_create: [319, 279],
      open_by_handle_at: [304, 265],
      fsopen: [430, 430],
      personality: [135, 92],
      reboot: [169, 142],
    };
    for (const [name, pair] of Object.entries(numbers)) {
      expect(
        await attempt(`print(call(${pair[process.arch === 'arm64' ? 1 : 0]}, 0, 0, 0, 0, 0))`),
        name,
      ).toBe('EPERM');
    }
    const clone = process.arch === 'arm64' ? 220 : 56;
    expect(await attempt(`print(call(${clone}, 0x10000000 | 17, 0, 0, 0, 0))`)).toBe('EPERM');
    expect(await attempt('print(call(435, 0, 0))')).toBe('ENOSYS');
  });

  test('no device of the machine is there, and none can be made', async () => {
    expect(await attempt('print(sorted(os.listdir("/dev")))')).toBe(
      "['core', 'fd', 'full', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero']",
    );
    expect(await attempt('os.mknod("/tmp/disk", 0o60600, os.makedev(8, 0))')).toBe('EPERM');
    expect(await attempt('open("/dev/tty"); print("a terminal")')).toBe('ENXIO');
  });
});

describe('what it may use', () => {
  test('processes: a fork bomb meets its limit', async () => {
    const bomb = `
made = []
try:
    while True:
        pid = os.fork()
        if pid == 0: signal.pause()
        made.append(pid)
finally:
    for pid in made: os.kill(pid, signal.SIGKILL)
    print(10 < len(made) < 64)`;
    const said = await attempt(`${bomb}\n`);
    expect(said).toBe('True\nEAGAIN');
  });

  test('files: open ones, and the size of one', async () => {
    expect(await attempt('kept = [open("/dev/null") for _ in range(1000)]')).toBe('EMFILE');
    expect(
      await attempt('signal.signal(signal.SIGXFSZ, signal.SIG_IGN); os.truncate("/sherin/out/x", 2**30)'),
    ).toBe('EFBIG');
  });

  test('space in memory: /tmp and /dev/shm are full at some point', async () => {
    const hog = (folder: string) => `
try:
    for n in range(100):
        with open(f"${folder}/hog{n}", "wb") as file: file.write(bytes(2**20))
finally:
    for n in range(100):
        try: os.unlink(f"${folder}/hog{n}")
        except FileNotFoundError: pass`;
    expect(await attempt(hog('/tmp'))).toBe('ENOSPC');
    expect(await attempt(hog('/dev/shm'))).toBe('ENOSPC');
  });

  test('limits that it can not raise', async () => {
    expect(
      await attempt(
        'import resource\ntry: resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6)); print("raised")\nexcept ValueError: print("refused")',
      ),
    ).toBe('refused');
  });

  test('what is in force is told', () => {
    const { limits } = bot.facts;
    expect(limits?.user).toBe(process.getuid?.() === 0 ? 'own' : 'shared');
    expect(['cgroup', 'watched']).toContain(limits?.memory);
    expect(['cgroup', 'rlimit']).toContain(limits?.processes);
  });
});

test('it has lived through all of that, and nothing it sent was refused', () => {
  expect(bot.facts).toMatchObject({ state: 'ready', restarts: 0 });
  expect(place.refusals).toEqual([]);
  expect(readdirSync(place.runtime).filter((name) => name.startsWith('tester-'))).toHaveLength(1);
});
