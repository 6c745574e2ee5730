import type { Subscribers } from './events/subscribers.js';
import type { FsLink } from './fs-link.js';
import { eventHandlers } from './methods/event.js';
import { objectHandlers } from './methods/object.js';
import { systemHandlers } from './methods/system.js';
import { vaultHandlers } from './methods/vault.js';
import type { DaemonHandlers } from './socket/dispatch.js';
import type { Supervisor } from './supervision/supervisor.js';

/** What the methods of the socket answer, a file for each group. */
export function daemonHandlers(supervisor: Supervisor, fs: FsLink, subscribers: Subscribers): DaemonHandlers {
  return {
    ...systemHandlers(supervisor),
    ...vaultHandlers(fs),
    ...objectHandlers(fs),
    ...eventHandlers(subscribers),
  };
}
