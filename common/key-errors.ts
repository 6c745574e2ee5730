/** Rows of the error table for key slots. */
import { Exit } from './exit.js';

export const keyErrors = {
  KEY_SLOT_UNKNOWN: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'the vault has no key slot {slot}{part}',
    hint: 'look with: sherinctl key list',
  },
  KEY_SLOT_LAST: {
    errno: 'EPERM',
    exit: Exit.failed,
    sentence: 'slot {slot} is the only key slot: without it nobody opens the vault again',
    hint: 'add another one first: sherinctl key add recovery',
  },
  KEY_SLOT_NEEDED: {
    errno: 'EPERM',
    exit: Exit.failed,
    sentence:
      'slot {slot} is the last one that does not need the TPM: a lost or changed TPM would be the end of the vault',
    hint: 'add another one first (sherinctl key add recovery), or repeat it with --force',
  },
  KEY_SLOTS_FULL: {
    errno: 'ENOSPC',
    exit: Exit.failed,
    sentence: 'the vault has no room for one more key slot: {part}',
    hint: 'remove one first: sherinctl key remove',
  },
} as const;
