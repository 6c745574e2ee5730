import { randomBytes } from 'node:crypto';
import { processStart } from '../client/process-start.js';

/** Name of an instance's folder of sockets and of its cgroup: of its bot, of the sherind that has started it, and a number. */
export function newInstanceName(botId: string): string {
  return `${botId}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Whether it is the name of an instance whose sherind is gone, and with it the instance (--die-with-parent). */
export function isLeftOver(name: string): boolean {
  const pid = /^[a-z][a-z0-9-]*-(\d+)-[0-9a-f]{12}$/.exec(name)?.[1];
  return pid !== undefined && processStart(Number(pid)) === null;
}
