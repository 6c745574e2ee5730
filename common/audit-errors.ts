/** Rows of the error table for the audit log. */
import { Exit } from './exit.js';

export const auditErrors = {
  AUDIT_UNWRITABLE: {
    errno: 'EACCES',
    exit: Exit.failed,
    sentence: 'the audit log can not be written ({part}), so nothing is done that must be recorded',
    hint: 'free some space on the disk of the vault, or move old records away: sherinctl audit archive DIR',
  },
  AUDIT_BROKEN: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: 'the audit log does not verify: {part}',
    hint: 'keep the files and compare them with a backup',
  },
  RECORD_UNKNOWN: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'the audit log has no record {id} for you',
    hint: 'list records with: sherinctl audit tail',
    told: true,
  },
  RECORD_ARCHIVED: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'record {id} of the audit log is archived: it was put to {path}',
    hint: 'prove it from there: sherinctl audit prove {id} --archive {path:word}',
  },
  ARCHIVE_BROKEN: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: 'the copy of the audit log in {path} does not verify: {part}',
    hint: 'nothing was removed from the vault; look at that disk and repeat the command',
  },
} as const;
