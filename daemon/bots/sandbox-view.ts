/** What a bot sees: the file system of its sandbox, as arguments of bubblewrap (bwrap(1)). */
import type { BotLimits } from './manifest.js';
import { topFolders } from './top-folders.js';

/** Where a bot finds what is its own. */
export const inside = {
  program: '/sherin/bot',
  in: '/sherin/in',
  out: '/sherin/out',
  sockets: '/sherin/sockets',
  node: '/sherin/bin/node',
} as const;

/** Places outside that a bot sees. */
export interface BotPlaces {
  /** The bot's folder. */
  readonly program: string;
  /** Of its folder of the mount, `bots/<bot_id>`. */
  readonly in: string;
  readonly out: string;
  /** The folder of its sockets. */
  readonly sockets: string;
  /** The Node that runs sherind. */
  readonly node: string;
}

/** Its user inside, whoever it is outside: nothing of the machine's users shows. */
const user = 1000;
/** Bytes of /dev/shm, which POSIX shared memory and semaphores need. */
const sharedMemory = 16 * 1024 * 1024;
const environment = {
  PATH: '/sherin/bin:/usr/local/bin:/usr/bin:/bin',
  HOME: '/tmp',
  TMPDIR: '/tmp',
  USER: 'bot',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  SHERIN_IN: inside.in,
  SHERIN_OUT: inside.out,
  SHERIN_SOCKETS: inside.sockets,
  /** The bot's end of the pair; native/ipc/datagram.h. */
  SHERIN_SOCKET_FD: '3',
} as const;

/** The few files of /etc that the C library asks for. */
export const etcFiles: Readonly<Record<string, string>> = {
  passwd: `bot:x:${user}:${user}::/tmp:/bin/sh\n`,
  group: `bot:x:${user}:\n`,
  hosts: '127.0.0.1 localhost\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
};

/** Of the machine's own: where libraries are, and which of several programs a name means. */
const sharedEtc = ['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives'];

/** `etcFds`: descriptors with the content of {@link etcFiles}, in their order. */
export function viewArguments(
  { tmp }: Pick<BotLimits, 'tmp'>,
  places: BotPlaces,
  etcFds: readonly number[],
): string[] {
  return [
    ...['--unshare-all', '--unshare-user', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--uid', `${user}`, '--gid', `${user}`, '--hostname', 'bot', '--clearenv'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--ro-bind', '/usr', '/usr'],
    ...topFolders(),
    ...Object.keys(etcFiles).flatMap((name, at) => ['--ro-bind-data', `${etcFds[at]}`, `/etc/${name}`]),
    ...sharedEtc.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ...['--proc', '/proc', '--dev', '/dev', '--size', `${sharedMemory}`, '--tmpfs', '/dev/shm'],
    ...['--size', `${tmp}`, '--tmpfs', '/tmp'],
    ...['--ro-bind', places.program, inside.program],
    ...['--ro-bind', places.in, inside.in, '--bind', places.out, inside.out],
    ...['--ro-bind', places.sockets, inside.sockets],
    // The Node of sherind, wherever it is installed.
    ...['--ro-bind', places.node, inside.node],
    // Both are memory without a limit of their own as bubblewrap makes them.
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--chdir', '/tmp'],
  ];
}
