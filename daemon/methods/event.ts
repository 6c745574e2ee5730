import { Subscribers } from '../events/subscribers.js';
import type { FsLink } from '../fs-link.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import { onBehalf } from './on-behalf.js';

/** Subscribers whose rights sherin-fs decides. */
export function subscribersBy(fs: FsLink): Subscribers {
  return new Subscribers(async (caller, id) => {
    try {
      await fs.call('object.stat', { id, caller: onBehalf(caller) });
      return true;
    } catch {
      // Unknown to him, or nobody there to ask: he is not told.
      return false;
    }
  });
}

/** `event.subscribe`. */
export function eventHandlers(subscribers: Subscribers): Pick<DaemonHandlers, 'event.subscribe'> {
  return {
    'event.subscribe': async ({ kinds }, caller) => {
      subscribers.subscribe(caller, kinds);
      return {};
    },
  };
}
