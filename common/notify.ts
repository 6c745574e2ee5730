/** Word to the service manager, as in sd_notify(3): one datagram to the socket that NOTIFY_SOCKET names. */
import { createRequire } from 'node:module';
import type { Logger } from './log.js';

/** What unix-dgram (no types of its own) has that is used here. */
interface DatagramSocket {
  send(
    data: Buffer,
    offset: number,
    length: number,
    path: string,
    done: (error: Error | undefined) => void,
  ): void;
  close(): void;
}

/** sockaddr_un.sun_path holds 108 bytes with its end (unix(7)); unix-dgram would cut a longer path and send elsewhere. */
const longestPath = 107;
/** Milliseconds; Node makes 1 of more. */
const longestTimer = 2 ** 31 - 1;

/**
 * Sends one state. Without NOTIFY_SOCKET nothing is done; a failure is one line of the log, as a service that runs
 * matters more than the word about it.
 */
export function notifyManager(
  state: 'READY=1' | 'STOPPING=1' | 'WATCHDOG=1' | `MAINPID=${number}`,
  log: Pick<Logger, 'warn'>,
  env: NodeJS.ProcessEnv = process.env,
): void {
  const path = env.NOTIFY_SOCKET;
  if (path === undefined || path === '') return;
  try {
    send(path, Buffer.from(state));
  } catch (error) {
    log.warn(
      { state, reason: error instanceof Error ? error.message : String(error) },
      'NOTIFY_SOCKET failed',
    );
  }
}

/**
 * Tells the manager twice in each WATCHDOG_USEC that this process is alive (sd_watchdog_enabled(3)), where it wants to know.
 * @returns ends it
 */
export function keepWatchdog(
  log: Pick<Logger, 'warn'>,
  env: NodeJS.ProcessEnv = process.env,
  pid = process.pid,
): () => void {
  const microseconds = Number(env.WATCHDOG_USEC);
  const others = env.WATCHDOG_PID !== undefined && env.WATCHDOG_PID !== String(pid);
  if (others || !Number.isSafeInteger(microseconds) || microseconds <= 0) return () => undefined;
  const everyMs = Math.min(microseconds / 2000, longestTimer);
  const timer = setInterval(() => notifyManager('WATCHDOG=1', log, env), everyMs).unref();
  return () => clearInterval(timer);
}

function send(path: string, data: Buffer): void {
  if (!path.startsWith('/'))
    throw new Error('only sockets with a path are supported, not abstract or vsock ones');
  if (Buffer.byteLength(path) > longestPath) throw new Error(`its path is longer than ${longestPath} bytes`);
  // Loaded here: who is not asked to notify does not need the addon.
  const { createSocket } = createRequire(import.meta.url)('unix-dgram') as {
    createSocket(type: 'unix_dgram'): DatagramSocket;
  };
  const socket = createSocket('unix_dgram');
  try {
    // The callback comes before send returns; the kernel has the datagram then.
    socket.send(data, 0, data.length, path, (error) => {
      if (error !== undefined) throw error;
    });
  } finally {
    socket.close();
  }
}
