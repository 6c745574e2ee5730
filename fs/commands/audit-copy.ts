import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { copyArchive } from '../audit/archive-copy.js';
import { BackupDirectory } from '../backup/backup-directory.js';
import { requirePlaceForCopy } from '../backup/place.js';
import { knownKey } from '../vault/known-key.js';
import { telling, tellProgress } from './told.js';

export interface AuditCopyOptions {
  readonly to: string;
  readonly first: number;
  readonly last: number;
}

/** Copies whole segments of the audit log away, and checks the copy; holds no key. */
export function auditCopy(where: Places, { to, first, last }: AuditCopyOptions): Promise<void> {
  return telling(to, async () => {
    const vault = openSync(where.vault, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await requirePlaceForCopy(to, vault, where.mount);
    } finally {
      closeSync(vault);
    }
    const target = BackupDirectory.make(to);
    try {
      const [from, key] = [join(where.vault, 'audit'), await knownKey(where)];
      const bytes = await copyArchive({
        from,
        to: target.inside(),
        key,
        first,
        last,
        progress: tellProgress(),
      });
      return { bytes };
    } finally {
      target.close();
    }
  });
}
