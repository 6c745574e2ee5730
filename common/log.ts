/** The one logger: JSON lines on stderr, level from SHERIN_LOG. Never gets keys, content or path names. */
import { fstatSync, writeSync } from 'node:fs';
import { destination, type Logger, pino } from 'pino';

export type { Logger };

const levels = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

/** In the journal of systemd each line has its priority; `SHERIN_LOG_FORMAT=json` leaves that out. */
export function makeLogger(name: string, env: NodeJS.ProcessEnv = process.env, fd = 2): Logger {
  const level = env.SHERIN_LOG ?? 'info';
  const options = { name, level: levels.has(level) ? level : 'info' };
  if (env.SHERIN_LOG_FORMAT !== 'json' && isJournal(fd, env.JOURNAL_STREAM))
    return pino(options, journal(fd));
  return pino(options, destination({ dest: fd, sync: true }));
}

/** Whether the descriptor is the stream that the service manager has opened (systemd.exec(5), "$JOURNAL_STREAM"): device and inode number. */
function isJournal(fd: number, stream: string | undefined): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** sd-daemon(3): a line that begins with `<N>` has that priority, as in syslog(3). */
function journal(fd: number) {
  return {
    // pino then says of what level the line is.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: pino.levels.values.info ?? 0,
    write(line: string): void {
      try {
        writeSync(fd, `<${priorityOf(this.lastLevel)}>${line}`);
      } catch {
        // A journal that is away takes nothing: as with a terminal that is closed, the work goes on.
      }
    },
  };
}

function priorityOf(level: number): number {
  if (level >= 60) return 2;
  if (level >= 50) return 3;
  if (level >= 40) return 4;
  return level >= 30 ? 6 : 7;
}
