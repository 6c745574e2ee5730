import type { Places } from '../../common/environment.js';
import { BackupDirectory } from '../backup/backup-directory.js';
import { requireOutside } from '../backup/place.js';
import { restoreBackup as copyBackup } from '../backup/restore-backup.js';
import { KnownVaults } from '../vault/known-vaults.js';
import { telling, tellProgress } from './told.js';

export interface RestoreBackupOptions {
  readonly from: string;
  readonly to: string;
}

/** Makes a vault directory from a backup; holds no key. */
export function restoreBackup(where: Places, { from, to }: RestoreBackupOptions): Promise<void> {
  return telling(to, async () => {
    const vaults = await new KnownVaults(where.knownVaults).read();
    const find = (uuid: string) => vaults.find((vault) => vault.uuid === uuid);
    const backup = BackupDirectory.open(from);
    try {
      await requireOutside(to, backup.fd, 'backup');
      const target = BackupDirectory.make(to);
      try {
        const { failures, ...totals } = await copyBackup(backup, target, {
          remembered: (uuid) => find(uuid)?.publicKey,
          progress: tellProgress(),
        });
        const knownAt = find(totals.uuid)?.path ?? null;
        return { ...totals, knownAt, failed: failures.length, failures: failures.slice(0, 200) };
      } finally {
        target.close();
      }
    } finally {
      backup.close();
    }
  });
}
