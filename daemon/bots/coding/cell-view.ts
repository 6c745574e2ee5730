/** What a tested program sees: a sandbox in that of the bot, as arguments of bubblewrap (bwrap(1)). Nothing of sherind is in it. */
import { topFolders } from '../top-folders.js';

/** A folder of the bot's that shows inside. */
export interface Shown {
  readonly from: string;
  readonly to: string;
  readonly writable?: boolean;
}

/** The Node that runs the bot, wherever that is. */
export const nodeInside = '/node';

const user = '1000';
/** Bytes of its own /tmp and /dev/shm, which are memory. */
const temporary = 16 * 1024 * 1024;
const sharedMemory = 4 * 1024 * 1024;
const environment = { PATH: '/usr/bin:/bin', HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', TZ: 'UTC' };

export function cellArguments(shown: readonly Shown[]): string[] {
  return [
    // Not the network's: that of the bot has nothing but its loopback, where nobody listens.
    ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    ...['--uid', user, '--gid', user],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--ro-bind', '/usr', '/usr', '--ro-bind', '/etc', '/etc', '--ro-bind', process.execPath, nodeInside],
    ...topFolders(),
    ...['--proc', '/proc', '--dev', '/dev', '--size', `${sharedMemory}`, '--tmpfs', '/dev/shm'],
    ...['--size', `${temporary}`, '--tmpfs', '/tmp'],
    ...shown.flatMap(({ from, to, writable }) => [writable === true ? '--bind' : '--ro-bind', from, to]),
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/tmp'],
  ];
}
