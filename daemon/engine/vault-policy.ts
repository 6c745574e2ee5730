import { bytesOfRecords } from '../client/message-bytes.js';
import { OneMessage } from '../client/one-message.js';
import type { FsLink } from '../fs-link.js';
import type { DaemonAuditEntry } from '../protocol/engine.js';
import type { VaultPolicy } from './policy-keeper.js';

/** The state as sherin-fs keeps it in the vault. */
export function vaultPolicy(fs: FsLink): VaultPolicy {
  const append = async (entries: DaemonAuditEntry[]) => {
    await fs.call('audit.append', { entries, durable: false });
    return entries.map(() => undefined);
  };
  const records = new OneMessage({ send: append, bytesOf: bytesOfRecords });
  return {
    read: async () => (await fs.call('policy.read', {})).state,
    write: async (state, events, caller) => {
      await fs.call('policy.write', { state, events: events.map((event) => ({ ...event })), caller });
    },
    freeze: async (caller) => {
      await fs.call('policy.freeze', { caller });
    },
    record: (events, caller) => records.ask({ events: events.map((event) => ({ ...event })), caller }),
  };
}
