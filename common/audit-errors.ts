/** Rows of the error table for the audit log. */
import { Exit } from './exit.js';

export const auditErrors = {
  AUDIT_UNWRITABLE: {
    errno: 'EACCES',
    exit: Exit.failed,
    sentence: 'the audit log can not be written ({part}), so nothing is done that must be recorded',
    hint: 'free some space on the disk of the vault',
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
} as const;
