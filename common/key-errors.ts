/** Rows of the error table for key slots. */
import { Exit } from './exit.js';

export const keyErrors = {
  KEY_MEMORY: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence:
      'no key or secret comes into memory that can be swapped: {needed} bytes are to be locked, and the process may lock {limit} ({errno})',
    hint: 'let it lock {needed} bytes or more, and start it again: LimitMEMLOCK= of its unit, memlock (in KiB) in /etc/security/limits.conf and a new login, or ulimit -l in a shell',
  },
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
  KEY_SLOT_ASKED: {
    errno: 'EPERM',
    exit: Exit.failed,
    sentence:
      'slot {slot} is the last TPM slot without a PIN, and the TPM is asked at each open of {namespaces}: nothing there would open any more',
    hint: 'add another such slot first (sherinctl key add tpm --no-pin), or have the TPM asked no more: sherinctl namespace set NAME --unseal session',
  },
  KEY_SLOTS_FULL: {
    errno: 'ENOSPC',
    exit: Exit.failed,
    sentence: 'the vault has no room for one more key slot: {part}',
    hint: 'remove one first: sherinctl key remove',
  },
  KEY_SLOT_LEFT: {
    errno: 'EPERM',
    exit: Exit.locked,
    sentence:
      'slot {slot} ({type}) would not open the vault under its new master key: its secret is not there',
    hint: 'give it (sherinctl key rekey --help says how), or drop the slot: --drop {slot}',
  },
  KEY_SLOT_LAST_TPM: {
    errno: 'EPERM',
    exit: Exit.failed,
    sentence: 'slot {slot} is the last one of a TPM, and the rollback counter goes with it',
    hint: 'remove it by itself, before: sherinctl key remove {slot}',
  },
  KEY_REKEYED: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence:
      'the vault has its new master key, of epoch {epoch}, all the same, but a later step failed: {part}',
    hint: 'do not repeat it: the slots that were to stay open the vault, the others do not; make sure that the disk takes what is written, then look with: sherinctl key list',
  },
  KEY_EPOCHS_FULL: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'the vault takes no further master key now: {part}',
    hint: 'wait until what is stored is encrypted anew: sherinctl key list shows how far it is',
  },
} as const;
