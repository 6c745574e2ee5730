/**
 * Every error a user can meet, in one table: code → errno, exit code, sentence, hint.
 * `{x}` in a sentence, hint or command is replaced by the error's context value `x`, `{command}` in a hint by the command;
 * `{x:word}` by the value as one word of a shell.
 */
import { attestationErrors } from './attestation-errors.js';
import { auditErrors } from './audit-errors.js';
import { backupErrors } from './backup-errors.js';
import { botErrors } from './bot-errors.js';
import { daemonErrors } from './daemon-errors.js';
import type { ErrorRow } from './error-row.js';
import { Exit } from './exit.js';
import { keyErrors } from './key-errors.js';
import { namespaceErrors } from './namespace-errors.js';
import { policyErrors } from './policy-errors.js';
import { processErrors } from './process-errors.js';
import { proofErrors } from './proof-errors.js';
import { taskErrors } from './task-errors.js';
import { upgradeErrors } from './upgrade-errors.js';

/** What reads the recovery key at the terminal. */
const recovery = 'sherinctl unlock --recovery';

export const errorTable = {
  // identifiers and arguments
  ID_MALFORMED: {
    errno: 'EINVAL',
    exit: Exit.usage,
    sentence: '{id} is not a Sherin or cube ID: {part}',
    hint: 'a Sherin ID looks like FILES_20260101_0123456789abcdef0123456789abcdef',
  },
  ID_UNKNOWN: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'nothing here has the ID {id}',
    hint: 'list IDs with: sherinctl ls --ids',
  },
  USAGE: { errno: 'EINVAL', exit: Exit.usage, sentence: '{what}', hint: 'see: sherinctl help' },
  PATH_MISSING: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: '{path} does not exist',
    hint: 'look with: sherinctl ls',
  },
  VERSION_MISSING: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: '{path} has no version {version}; it has {part}',
    hint: 'look with: sherinctl log {path:word}',
  },
  VERSION_COLLECTED: {
    errno: 'ENODATA',
    exit: Exit.failed,
    sentence: '{what} is not kept any more: {part}',
    hint: 'a backup made before that may have it',
  },
  NOT_DIRECTORY: {
    errno: 'ENOTDIR',
    exit: Exit.failed,
    sentence: '{path} is not a directory',
    hint: 'name a directory',
  },
  IS_DIRECTORY: {
    errno: 'EISDIR',
    exit: Exit.failed,
    sentence: '{path} is a directory',
    hint: 'name a file',
  },
  PATH_EXISTS: {
    errno: 'EEXIST',
    exit: Exit.failed,
    sentence: '{path} exists already',
    hint: 'choose another name or remove it first',
  },
  NOT_EMPTY: {
    errno: 'ENOTEMPTY',
    exit: Exit.failed,
    sentence: '{path} is a directory that is not empty',
    hint: 'remove what it holds first',
  },
  NAME_INVALID: {
    errno: 'EINVAL',
    exit: Exit.usage,
    sentence: '{path} is not a file name: {part}',
    hint: 'a name has 1 to 255 bytes, no slash and no zero byte',
  },
  MOVE_INTO_SELF: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: '{path} can not be moved into itself',
    hint: 'choose a directory outside it',
  },
  // vault
  VAULT_MISSING: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'there is no vault at {path}',
    hint: 'make one with: sherinctl init {path:word}',
  },
  HEADER_LOST: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence:
      '{path} holds the files of a vault, and neither vault.json nor vault.json.bak, without which nothing opens them',
    hint: 'copy vault.json from the newest backup, or restore that whole: sherinctl restore-backup',
  },
  VAULT_EXISTS: {
    errno: 'EEXIST',
    exit: Exit.failed,
    sentence: '{path} already holds a vault or other files',
    hint: 'start a vault that is there with: sherinctl up --vault {path:word}; for another choose an empty or new directory',
  },
  VAULT_BUSY: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'another sherin-fs serves the vault at {path}',
    hint: 'stop it with: sherinctl down',
  },
  VAULT_UNSAFE: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: '{path} is not safe to use: {part}',
    hint: 'give it to the user who serves the vault, with mode 0700: chown, chmod',
  },
  KNOWN_VAULTS: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'the list of known vaults {path} can not be trusted: {part}',
    hint: 'look at the file; repair or remove what you did not expect there',
  },
  FORMAT_NEWER: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: '{path} is of format version {found}, and this program reads versions up to {reads}',
    hint: 'install a newer Sherin; nothing was changed{also}',
  },
  HEADER_MALFORMED: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: 'the vault header {path} is malformed: {part}',
    hint: 'a copy is kept in vault.json.bak; use it only on purpose, with: {command}',
    command: 'sherinctl up --header-backup',
  },
  HEADER_FORGED: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'the vault header {path} is not the one that was signed: {part}',
    hint: 'stop with sherinctl down, then try the copy in vault.json.bak: {command}',
    command: 'sherinctl up --header-backup',
  },
  HEADER_STALE: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'the vault header has generation {found}, the manifest was signed under {expected}',
    hint: 'restore the newer vault.json from a backup',
  },
  VAULT_UNKNOWN: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'the vault at {path} is not the one this machine knows: {part}',
    hint: 'if you replaced it on purpose, remove its line from {known}',
  },
  ROLLBACK: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'the vault was put back to an older state: {part}',
    hint: 'restore the newest copy, or open the old one on purpose, with the recovery key: {command}',
    command: 'sherinctl up --accept-rollback',
  },
  COUNTER_LOST: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'the TPM counter of this vault is lost: {part}',
    hint: 'if the TPM was replaced or cleared, open with the recovery key: {command}',
    command: 'sherinctl up --accept-rollback',
  },
  JOURNAL_BROKEN: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: 'the journal does not go on where the manifest ends: {part}',
    hint: 'put the newest manifest.db back if it was replaced; without the folder journal/ the vault opens as it was sealed last',
  },
  MANIFEST_BROKEN: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: 'the manifest does not verify: {part}',
    hint: 'restore manifest.db from a backup, or rebuild it from the copy of its log, with the recovery key: {command}',
    command: 'sherinctl fsck --rebuild --accept-rollback',
  },
  LOCKED: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence: 'the vault is locked',
    hint: 'unlock it with: {command}',
    command: 'sherinctl unlock',
  },
  // keys and TPM
  SLOT_REFUSED: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence: 'the {slot} slot does not open the vault: {part}',
    hint: 'use the recovery key: {command}',
    command: recovery,
  },
  PIN_NEEDED: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence: 'the TPM slot of this vault wants its PIN',
    hint: 'unlock it with: {command}',
    command: 'sherinctl unlock',
  },
  RECOVERY_KEY_WRONG: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence: 'that is not the recovery key of this vault: {part}',
    hint: 'check for a mistyped group; the key has 7 groups of 8 characters',
  },
  TPM_MISSING: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence: 'no TPM answers at {tcti}',
    hint: 'see: sherinctl doctor; where it is gone for good: sherinctl key move; the recovery key opens the vault: {command}',
    command: `${recovery} --accept-rollback`,
  },
  TPM_FAILED: {
    errno: 'EIO',
    exit: Exit.locked,
    sentence: 'the TPM refused {command}: {part}',
    hint: 'see: sherinctl why',
  },
  TPM_POLICY: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence: 'the TPM does not release the key: {part}',
    hint: 'see: sherinctl why; open with the recovery key: {command}',
    command: recovery,
  },
  TPM_LOCKOUT: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence: 'the TPM is locked out after too many wrong PINs: {part}',
    hint: 'wait for it to heal, or use the recovery key: {command}',
    command: recovery,
  },
  TPM_PRIMARY_CHANGED: {
    errno: 'EACCES',
    exit: Exit.locked,
    sentence: 'this TPM is not the one the vault was sealed to (its storage primary has another name)',
    hint: 'use the recovery key: {command}',
    command: recovery,
  },
  // content
  CUBE_QUARANTINED: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'cube {id} failed verification and is in quarantine',
    hint: 'see: sherinctl why {id}',
  },
  SHRED_REFUSED: {
    errno: 'EACCES',
    exit: Exit.failed,
    sentence: 'the file of quarantined cube {id} has other names and is not overwritten',
    hint: 'it may be a backup or another file: purge it without --shred',
  },
  CUBE_FAILED: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'cube {id} failed verification: {part}',
    hint: 'see: sherinctl why {id}',
  },
  CUBE_MISSING: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: 'cube {id} is missing from the vault',
    hint: 'restore it from a backup, or put the file again',
  },
  DISK_READ: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'the disk did not give {what}: {part}',
    hint: 'check the disk: dmesg, smartctl',
  },
  NO_SPACE: {
    errno: 'ENOSPC',
    exit: Exit.failed,
    sentence: 'no space left for {what}',
    hint: 'free some space on the disk of the vault and repeat the command; nothing was lost',
  },
  TARGET_FULL: {
    errno: 'ENOSPC',
    exit: Exit.failed,
    sentence: 'no space left where the copy is written',
    hint: 'free some space there and repeat the command; the vault is as it was',
  },
  IO: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: '{what} failed: {part}',
    hint: 'see the log of sherin-fs',
  },
  DENIED: {
    errno: 'EACCES',
    exit: Exit.denied,
    sentence: 'uid {uid} may not {what}',
    hint: 'ask an administrator (root or group sherin-admin)',
  },
  UNSEALED: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: '{what}, but changes of {files} could not be sealed ({part}): {rest}',
    hint: 'if the disk of the vault is full, free some space there; then: {next}',
  },
  ...auditErrors,
  ...proofErrors,
  ...taskErrors,
  ...processErrors,
  BUSY: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: '{what} is under way already',
    hint: 'wait for its end',
  },
  ...keyErrors,
  ...backupErrors,
  LOCAL_FILE: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: '{path}: {part}',
    hint: 'check the path and its permissions',
  },
  INTERRUPTED: {
    errno: 'EINTR',
    exit: Exit.failed,
    sentence: 'interrupted: {what}',
    hint: 'run the same command again to continue',
  },
  TOOL_MISSING: {
    errno: 'EACCES',
    exit: Exit.failed,
    sentence: '{tool} is missing',
    hint: 'install it with: apt-get install {package}',
  },
  PROTOCOL: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: 'a socket got a message it does not take: {part}',
    hint: 'sherinctl, sherind and sherin-fs must be of one version',
  },
  TIMEOUT: {
    errno: 'ETIMEDOUT',
    exit: Exit.failed,
    sentence: '{what} took longer than {seconds} s',
    hint: 'see: sherinctl doctor',
  },
  ...attestationErrors,
  ...policyErrors,
  ...namespaceErrors,
  ...daemonErrors,
  ...botErrors,
  ...upgradeErrors,
} as const satisfies Record<string, ErrorRow>;
