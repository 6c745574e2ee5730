/** A bot that makes sandboxes of its own: it may, and comes no further by it; others may not. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SupervisedBot } from './supervised-bot.js';
import { BotWorkplace } from './testing/workplace.js';

let place: BotWorkplace;
beforeEach(() => {
  place = new BotWorkplace();
});
afterEach(() => place.remove());

async function runner(nests: boolean): Promise<SupervisedBot> {
  const bot = place.bot('runner.py', { nests });
  await bot.start();
  return bot;
}

const bwrap = `import subprocess
words = "bwrap --unshare-user --unshare-pid --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --tmpfs /tmp"
made = subprocess.run([*words.split(), "sh", "-c", "ls -d /sherin; cat /proc/[0-9]*/comm | grep -c runner; cat /proc/self/comm"], capture_output=True, text=True)
print(made.stdout.split() if made.returncode == 0 else "refused")`;

test('a bot that nests makes a sandbox in which nothing of its own is to be seen', async () => {
  expect(await place.run(await runner(true), bwrap)).toBe("['0', 'cat']\nexit 0\n");
});

test('another bot makes none', async () => {
  expect(await place.run(await runner(false), bwrap)).toBe('refused\nexit 0\n');
});

/** `call` gives "done" or the error's name, of system calls as root of a new namespace of users and mounts. */
const asRootOfItsOwn = (lines: string) => `import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *words):
    if function(*words) == 0: return "done"
    return errno.errorcode[ctypes.get_errno()]
REMOUNT, BIND, NOSUID, NODEV, RDONLY = 32, 4096, 2, 4, 1
def mount(source, target, kind, flags):
    return call(libc.mount, source, target, kind, ctypes.c_ulong(flags), None)
uid = os.getuid()
assert call(libc.unshare, 0x10000000 | 0x20000) == "done"
open("/proc/self/uid_map", "w").write(f"0 {uid} 1")
${lines}`;

test('as root of a namespace of its own it makes nothing writable, uncovers nothing and mounts no disk', async () => {
  const said = await place.run(
    await runner(true),
    asRootOfItsOwn(`
print(mount(b"none", b"/tmp", b"tmpfs", 0))
for place in (b"/usr", b"/sherin/bot", b"/sherin/in", b"/sherin/sockets", b"/"):
    print(mount(None, place, None, REMOUNT | BIND | NOSUID | NODEV))
for place in (b"/usr", b"/sherin/in", b"/proc", b"/"):
    print(call(libc.umount2, place, 2))
for kind in (b"sysfs", b"cgroup2", b"devtmpfs", b"ext4", b"securityfs", b"debugfs"):
    print(mount(b"/dev/null", b"/tmp", kind, 0))
try: open("/sherin/bot/x", "w"); print("written")
except OSError as error: print(errno.errorcode[error.errno])`),
  );
  const answers = said.trim().split('\n');
  expect(answers.slice(0, 6)).toEqual(['done', ...Array(5).fill('EPERM')]);
  expect(answers.slice(6, 10)).toEqual(Array(4).fill('EINVAL'));
  for (const answer of answers.slice(10, 16)) expect(answer).toMatch(/^(EPERM|ENODEV|EBUSY)$/);
  expect(answers.slice(16)).toEqual(['EROFS', 'exit 0']);
});

test('as root of a namespace of its own it has the other calls no more than before', async () => {
  const said = await place.run(
    await runner(true),
    asRootOfItsOwn(`
for numbers in ((101, 117), (321, 280), (304, 265), (308, 268), (425, 425), (430, 430), (161, 51)):
    number = numbers[os.uname().machine == "aarch64"]
    print(call(lambda *words: libc.syscall(number, *words), 0, 0, 0, 0, 0))`),
  );
  expect(said).toBe(`${'EPERM\n'.repeat(7)}exit 0\n`);
});
