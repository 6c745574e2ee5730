/** A swtpm that outlived the sherin-fs that started it still holds the state's lock: it must end first. */
import { readFile, readlink, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const patienceMilliseconds = 3000;

/** True for a swtpm process at work in this very directory; a pid that went to another process is left alone. */
async function isOurs(pid: number, stateDir: string): Promise<boolean> {
  try {
    const exe = (await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'latin1')).split('\0');
    const cwd = await readlink(`/proc/${pid}/cwd`);
    return basename(exe) === 'swtpm' && argv.includes('file=swtpm.pid') && cwd === (await realpath(stateDir));
  } catch {
    return false;
  }
}

/**
 * Waits while somebody has a lock on the state: the kernel lets go of those of a process only after it has taken its memory, without
 * which it is not known any more as a swtpm. The same number on another file system costs no more than the patience.
 */
async function unlocked(stateDir: string): Promise<void> {
  const lock = await stat(join(stateDir, '.lock'), { bigint: true }).catch(() => null);
  const end = Date.now() + patienceMilliseconds;
  while (lock !== null && Date.now() < end) {
    // proc_locks(5): the fifth field before the range ends in the inode number.
    const locks = await readFile('/proc/locks', 'latin1').catch(() => '');
    if (!locks.includes(`:${lock.ino} `)) return;
    await setTimeout(10);
  }
}

/** Ends the swtpm of this state directory, if one runs: first asked, then killed. The vault's lock is ours, so nobody uses it. */
export async function endOrphan(stateDir: string): Promise<void> {
  const file = join(stateDir, 'swtpm.pid');
  const pid = Number(await readFile(file, 'latin1').catch(() => ''));
  if (Number.isSafeInteger(pid) && pid > 1) {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (!(await isOurs(pid, stateDir))) break;
      process.kill(pid, signal);
      const end = Date.now() + patienceMilliseconds;
      while ((await isOurs(pid, stateDir)) && Date.now() < end) await setTimeout(10);
    }
  }
  await unlocked(stateDir);
  await rm(file, { force: true });
  await removeSockets(stateDir);
}

/** Where a killed process left its socket directory. */
export const socketsFile = 'swtpm.sockets';

/** Only what {@link socketsFile} names as ours goes, and only the names that a swtpm makes. */
async function removeSockets(stateDir: string): Promise<void> {
  const file = join(stateDir, socketsFile);
  const sockets = await readFile(file, 'utf8').catch(() => '');
  if (/^(sherin-)?tpm-[A-Za-z0-9]{6}$/.test(basename(sockets))) {
    for (const name of ['s', 's.ctrl']) await rm(join(sockets, name), { force: true });
    await rmdir(sockets).catch(() => undefined);
  }
  await rm(file, { force: true });
}
