/** The one logger: JSON lines on stderr, level from SHERIN_LOG. Never gets keys, content or path names. */
import { destination, type Logger, pino } from 'pino';

export type { Logger };

const levels = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

export function makeLogger(name: string, env: NodeJS.ProcessEnv = process.env): Logger {
  const level = env.SHERIN_LOG ?? 'info';
  return pino({ name, level: levels.has(level) ? level : 'info' }, destination({ dest: 2, sync: true }));
}
