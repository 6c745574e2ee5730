import { readFileSync } from 'node:fs';

/** Descriptors for all else: databases, bots, sherin-fs, and those who are told that there is no place. */
const kept = 192;

/** Connections for which this process may open files, as its limit is now. Node has raised that as far as it may. */
export function mostConnections(): number {
  const [, limit = ''] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Math.max(1, Number(limit) - kept);
}
