/**
 * The socket of sherind: every method in one table, a file for each group of them in `methods/`. Only IDs, enums, numbers and
 * short names travel: no content, no text, no path.
 */
import type { z } from 'zod';
import { auditMethods } from './methods/audit.js';
import { botMethods } from './methods/bot.js';
import { eventMethods, eventNotifications } from './methods/event.js';
import { objectMethods } from './methods/object.js';
import { policyMethods } from './methods/policy.js';
import { systemMethods } from './methods/system.js';
import { taskMethods, taskNotifications } from './methods/task.js';
import { vaultMethods } from './methods/vault.js';
import type { DaemonTerm } from './rights.js';

export const daemonMethods = {
  ...systemMethods,
  ...vaultMethods,
  ...objectMethods,
  ...taskMethods,
  ...botMethods,
  ...eventMethods,
  ...policyMethods,
  ...auditMethods,
} as const satisfies Record<string, DaemonTerm>;

export type DaemonMethod = keyof typeof daemonMethods;
/** Parameters as a caller writes them (defaults may be left out). */
export type DaemonParams<M extends DaemonMethod> = z.input<(typeof daemonMethods)[M]['params']>;
export type DaemonRequest<M extends DaemonMethod> = z.output<(typeof daemonMethods)[M]['params']>;
export type DaemonResult<M extends DaemonMethod> = z.output<(typeof daemonMethods)[M]['result']>;

export function isDaemonMethod(name: string): name is DaemonMethod {
  return Object.hasOwn(daemonMethods, name);
}

/** What sherind says without being asked, by method. */
export const daemonNotifications = { ...eventNotifications, ...taskNotifications } as const;

export type DaemonNotification = keyof typeof daemonNotifications;
export type NotificationParams<N extends DaemonNotification> = z.output<
  (typeof daemonNotifications)[N]['params']
>;
