/** Sockets that the service manager has opened for this process, as in sd_listen_fds(3). */

/** Descriptors of the manager begin here (SD_LISTEN_FDS_START). */
const first = 3;

const names = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'] as const;

/**
 * How many there are, from descriptor 3 on; none for another process. The variables are removed: they are not for programs that
 * this one starts.
 */
export function takeListenFds(env: NodeJS.ProcessEnv = process.env, pid = process.pid): readonly number[] {
  const [forPid, count = ''] = names.map((name) => env[name]);
  for (const name of names) delete env[name];
  if (forPid !== String(pid) || !/^[1-9]\d{0,2}$/.test(count)) return [];
  return Array.from({ length: Number(count) }, (_, at) => first + at);
}
