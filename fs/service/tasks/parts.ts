import { SherinError } from '../../../common/errors.js';
import type { AuditEvent } from '../../audit/event.js';
import type { BotFolder } from '../../mount/bots/folders.js';
import type { Invalidation } from '../../mount/driver.js';
import type { VaultView } from '../session/vault-view.js';

/** The service, as tasks need it. */
export interface TaskVault extends VaultView {
  /** Records what happened, even while the vault is locked. */
  note(event: AuditEvent): Promise<void>;
}

/** The mount, as tasks need it. */
export interface TaskMount {
  /** Answers when the kernel has dropped what it held. */
  invalidate(what: Invalidation): Promise<void>;
  /** A program may still ask for an inode that has no name any more. */
  holds(ino: number): boolean;
}

/** Owner of the vault, and of the directories in which others have theirs. */
export function vaultOwner(): { readonly uid: number; readonly gid: number } {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** @throws SherinError BOT_UNKNOWN */
export function folderOf({ folders }: VaultView, bot: string): BotFolder {
  const folder = folders.get(bot);
  if (folder === undefined) throw new SherinError('BOT_UNKNOWN', { bot });
  return folder;
}

/** Durable when it resolves; while locked among the pending records. @throws SherinError AUDIT_UNWRITABLE */
export async function recorded(vault: TaskVault, events: readonly AuditEvent[]): Promise<void> {
  const session = vault.current();
  await Promise.all(
    events.map((event) => (session === null ? vault.note(event) : session.records.record(event))),
  );
}
