import type { Engine } from './engine/engine.js';
import type { Subscribers } from './events/subscribers.js';
import type { FsLink } from './fs-link.js';
import { eventHandlers } from './methods/event.js';
import { objectHandlers } from './methods/object.js';
import { policyHandlers } from './methods/policy.js';
import { systemHandlers } from './methods/system.js';
import { vaultHandlers } from './methods/vault.js';
import type { RequestMetrics } from './request-metrics.js';
import type { DaemonHandlers } from './socket/dispatch.js';
import type { Supervisor } from './supervision/supervisor.js';

/** What answers are made from. */
export interface HandlersParts {
  readonly supervisor: Supervisor;
  readonly fs: FsLink;
  readonly subscribers: Subscribers;
  readonly metrics: RequestMetrics;
  /** @throws SherinError BUSY while sherind starts */
  readonly engine: () => Engine;
}

/** What the methods of the socket answer, a file for each group. */
export function daemonHandlers({
  supervisor,
  fs,
  subscribers,
  metrics,
  engine,
}: HandlersParts): DaemonHandlers {
  return {
    ...systemHandlers(supervisor, metrics),
    ...vaultHandlers(fs),
    ...objectHandlers(fs),
    ...eventHandlers(subscribers),
    ...policyHandlers(engine),
  };
}
