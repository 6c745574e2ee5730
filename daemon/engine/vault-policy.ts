import type { FsLink } from '../fs-link.js';
import { GroupedRecords } from './grouped-records.js';
import type { VaultPolicy } from './policy-keeper.js';

/** The state as sherin-fs keeps it in the vault. */
export function vaultPolicy(fs: FsLink): VaultPolicy {
  const records = new GroupedRecords((entries) => fs.call('audit.append', { entries, durable: false }));
  return {
    read: async () => (await fs.call('policy.read', {})).state,
    write: async (state, events, caller) => {
      await fs.call('policy.write', { state, events: events.map((event) => ({ ...event })), caller });
    },
    freeze: async (caller) => {
      await fs.call('policy.freeze', { caller });
    },
    record: (events, caller) => records.append({ events: events.map((event) => ({ ...event })), caller }),
  };
}
