/** Rows of the error table for backups. */
import { Exit } from './exit.js';

export const backupErrors = {
  BACKUP_BUSY: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: '{path} is in use by another backup, or by sherin-fs',
    hint: 'wait for its end, or stop it',
  },
  BACKUP_OTHER: {
    errno: 'EEXIST',
    exit: Exit.failed,
    sentence: '{path} can not take the backup: it holds {part}',
    hint: 'name an empty or new directory, or that of an older backup of this vault',
  },
  BACKUP_PLACE: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: 'no copy of a vault goes to {path}: {part}',
    hint: 'name a directory outside of it, better on another disk',
  },
  BACKUP_INCOMPLETE: {
    errno: 'ENOENT',
    exit: Exit.verification,
    sentence: '{path} is no whole backup: {part}',
    hint: 'finish it with: sherinctl backup {path:word}',
  },
  COPY_MISSING: {
    errno: 'ENOENT',
    exit: Exit.verification,
    sentence: 'the manifest can not be rebuilt, since the copy of its log is of no use: {part}',
    hint: 'take a backup: sherinctl restore-backup BACKUP DIR',
  },
  COPY_BROKEN: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: 'the copy of the log does not verify: {part}',
    hint: 'have it written anew: {command}',
    command: 'sherinctl fsck --rebuild',
  },
  BACKUP_EPOCH: {
    errno: 'EEXIST',
    exit: Exit.failed,
    sentence: '{path} is a backup under the master key of epoch {epoch}, which the vault has changed since',
    hint: 'begin a new backup in an empty directory, and remove this one once that is complete',
  },
} as const;
