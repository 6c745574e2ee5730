import type { FsLink } from '../fs-link.js';
import type { VaultPolicy } from './policy-keeper.js';

/** The state as sherin-fs keeps it in the vault. */
export function vaultPolicy(fs: FsLink): VaultPolicy {
  return {
    read: async () => (await fs.call('policy.read', {})).state,
    write: async (state, events, caller) => {
      await fs.call('policy.write', { state, events: events.map((event) => ({ ...event })), caller });
    },
    freeze: async (caller) => {
      await fs.call('policy.freeze', { caller });
    },
    record: async (events, caller) => {
      await fs.call('audit.append', {
        events: events.map((event) => ({ ...event })),
        caller,
        durable: false,
      });
    },
  };
}
