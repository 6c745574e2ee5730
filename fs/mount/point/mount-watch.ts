/**
 * Clears the mount after a sherin-fs that was killed. `auto_unmount` is for root and `allow_other` only, and gives up when
 * it looks while the kernel is still closing the dead process's descriptors (fusermount.c takes ENOTCONN for dead, but
 * an open that was under way gets ECONNABORTED).
 */
import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Its input ends when we do; a line before names the mount's device. statfs(2) of a live mount, and of a directory without one,
 * answers; of a dead one it fails, while stat(2) may still show what the kernel keeps of it. Threads of ours that wait in the
 * kernel for a page (an invalidation) outlive SIGKILL and keep the connection open, and with it every reader waiting, until it
 * is aborted. Only what is still mounted there is: its number may have gone to another's connection.
 */
const script = `
read -r device
[ -z "$device" ] || read -r _
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
    const args = ['-c', script, 'sherin-mount-watch', path, fusermount, escaped(path)];
    const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' };
    // A session of its own: a signal to our terminal or group must not end both.
    this.#process = spawn('/bin/sh', args, {
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
