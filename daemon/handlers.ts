import type { Subscribers } from './events/subscribers.js';
import type { FsLink } from './fs-link.js';
import { auditHandlers } from './methods/audit.js';
import { eventHandlers } from './methods/event.js';
import { objectHandlers } from './methods/object.js';
import { policyHandlers } from './methods/policy.js';
import { systemHandlers } from './methods/system.js';
import { taskHandlers } from './methods/task.js';
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
}

/** What the methods of the socket answer, a file for each group. */
export function daemonHandlers({
  supervisor,
  fs,
  subscribers,
  metrics,
  tasks,
}: HandlersParts): DaemonHandlers {
  return {
    ...systemHandlers(supervisor, metrics, tasks),
    ...vaultHandlers(fs),
    ...objectHandlers(fs),
    ...taskHandlers(() => tasks.tasks),
    ...eventHandlers(subscribers),
    ...auditHandlers(fs),
    ...policyHandlers(() => tasks.engine),
  };
}
