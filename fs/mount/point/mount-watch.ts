/**
 * Clears the mount after a sherin-fs that was killed. `auto_unmount` is for root and `allow_other` only, and gives up when
 * it looks while the kernel is still closing the dead process's descriptors (fusermount.c takes ENOTCONN for dead, but
 * an open that was under way gets ECONNABORTED).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { requireProgram } from '../../../common/find-program.js';

/**
 * Its input ends when we do; a line before names the mount's device. Threads of ours that wait in the kernel for a page (an
 * invalidation) outlive SIGKILL and keep that input open: then the signal of setpriv(1) tells of the main thread's end. SIGURG, since
 * that does nothing to a shell that has not come to its trap. Such threads keep the connection open, too, and with it every reader
 * waiting, until it is aborted. Only what is still mounted there is: its number may have gone to another's connection. statfs(2) of a
 * live mount, and of a directory without one, answers; of a dead one it fails, while stat(2) may still show what the kernel keeps.
 */
const script = `
trap : URG
read -r device
[ -z "$device" ] || read -r _
lives() { # its files are closed, and the signal sent, a moment before it has ended
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    case "$(cat "/proc/$1/stat" 2> /dev/null)" in
      '' | *') Z '* | *') X '*) return 1 ;;
    esac
    sleep 0.2
  done
}
while lives "$4"; do read -r _; done
ours=
while read -r _ _ number _ place _; do
  [ "$number" != "0:$device" ] || [ "$place" != "$3" ] || ours=1
done < /proc/self/mountinfo
if [ -n "$ours" ]; then
  { echo 1 > "/sys/fs/fuse/connections/$device/abort"; } 2>/dev/null || umount -c -n -f -- "$1" 2>/dev/null
fi
for _ in 1 2 3 4 5; do
  sleep 0.2
  stat -f -- "$1" > /dev/null 2>&1 || exec "$2" -u -z -- "$1" 2>/dev/null
done`;

/** A path as /proc/self/mountinfo shows it. */
function escaped(path: string): string {
  const octal = (character: string): string => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return path.replace(/[ \t\n\\]/g, octal);
}

export class MountWatch {
  readonly #process: ChildProcess;

  constructor(path: string, fusermount: string) {
    const shell = ['/bin/sh', '-c', script, 'sherin-mount-watch'];
    const args = ['--pdeathsig', 'URG', ...shell, path, fusermount, escaped(path), String(process.pid)];
    const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' };
    // A session of its own: a signal to our terminal or group must not end both.
    this.#process = spawn(requireProgram('setpriv', 'util-linux'), args, {
      detached: true,
      cwd: '/',
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#process.on('error', () => {});
    this.#process.stdin?.on('error', () => {});
    this.#process.unref();
    const { stdin } = this.#process;
    if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  }

  /** Says that the mount is there. `device`: its minor number, the kernel's name for the connection. */
  mounted(device: number): void {
    this.#process.stdin?.write(`${device}\n`);
  }

  /** Ends the watch over a mount that is undone. */
  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
