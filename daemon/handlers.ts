import type { Subscribers } from './events/subscribers.js';
import type { FsLink } from './fs-link.js';
import { auditHandlers } from './methods/audit.js';
import { botHandlers } from './methods/bot.js';
import { eventHandlers } from './methods/event.js';
import { objectHandlers } from './methods/object.js';
import { onBehalf } from './methods/on-behalf.js';
import { policyHandlers } from './methods/policy.js';
import { systemHandlers } from './methods/system.js';
import { taskHandlers } from './methods/task.js';
import { cleanHandlers } from './methods/task-clean.js';
import { vaultHandlers } from './methods/vault.js';
import type { RequestMetrics } from './request-metrics.js';
import type { DaemonHandlers } from './socket/dispatch.js';
import type { Supervisor } from './supervision/supervisor.js';
import type { TaskService } from './task-service.js';

/** What answers are made from. */
export interface HandlersParts {
  readonly supervisor: Supervisor;
  readonly fs: FsLink;
  readonly subscribers: Subscribers;
  readonly metrics: RequestMetrics;
  readonly tasks: TaskService;
  /** Ends sherind, and leaves sherin-fs. */
  readonly stop: () => void;
}

/** What the methods of the socket answer, a file for each group. */
export function daemonHandlers({
  supervisor,
  fs,
  subscribers,
  metrics,
  tasks,
  stop,
}: HandlersParts): DaemonHandlers {
  return {
    ...systemHandlers(supervisor, metrics, tasks, stop),
    ...vaultHandlers(fs),
    ...objectHandlers(fs),
    ...taskHandlers(() => tasks.tasks),
    ...cleanHandlers(() => tasks.tasks, fs),
    ...botHandlers({
      roster: () => tasks.roster,
      trustOf: (bot, version) => tasks.trustOf(bot, version),
      policy: () => tasks.engine.policy,
      record: async (event, meta, caller) => {
        const events = [{ event, id: null, meta }];
        await fs.call('audit.append', { entries: [{ events, caller: onBehalf(caller) }], durable: true });
      },
    }),
    ...eventHandlers(subscribers),
    ...auditHandlers(fs),
    ...policyHandlers(() => tasks.engine),
  };
}
