/** Rows of the error table about the policy engine. */
import { Exit } from './exit.js';

export const policyErrors = {
  POLICY_BLOCKED: {
    errno: 'EPOLICY',
    exit: Exit.denied,
    sentence: 'the policy blocks {what}: {part}',
    hint: 'it can be repeated when the reason has gone',
  },
  POLICY_NONE: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'this vault has no policy yet, and so no floor to change',
    hint: 'sherind makes the first one: sherinctl up, sherinctl unlock, sherinctl policy get; then sherinctl down, and again',
  },
  POLICY_FLOOR: {
    errno: 'EPOLICY',
    exit: Exit.denied,
    sentence: 'the threshold of {what} can not be {value}: the floor is {least}',
    hint: 'the floor is changed only offline, with the recovery key: sherinctl policy floor',
  },
  ACTION_KNOWN: {
    errno: 'EEXIST',
    exit: Exit.failed,
    sentence: 'an action {id} waits for approval already',
    hint: 'give another action another ID',
  },
  ACTION_UNKNOWN: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'no action {id} waits for approval',
    hint: 'it was decided, has expired, or never was',
  },
  FROZEN: {
    errno: 'EROFS',
    exit: Exit.denied,
    sentence: 'nothing is changed in the vault: the emergency stop is on, with freeze',
    hint: 'an administrator ends it: sherinctl estop off',
  },
  POLICY_UNREADABLE: {
    errno: 'EROFS',
    exit: Exit.denied,
    sentence: 'nothing is changed in the vault: its policy can not be read, which may say so',
    hint: 'heal it (sherinctl fsck --repair --from BACKUP, sherinctl quarantine restore all), then lock and unlock',
  },
  RULES_CHANGED: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'somebody else has set the access rules meanwhile: they are version {version} now',
    hint: 'look at them, and repeat what is still wanted',
  },
  RULE_UNKNOWN: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'there is no access rule {rule}',
    hint: 'see: sherinctl policy rules list',
  },
  RULE_KNOWN: {
    errno: 'EEXIST',
    exit: Exit.failed,
    sentence: 'there is an access rule {rule} already',
    hint: 'give another name, or remove that one first',
  },
  RULES_UNREADABLE: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'the access rules can not be read, so everything in the mount is refused',
    hint: 'heal the vault (sherinctl fsck --repair --from BACKUP), or set all rules anew (sherinctl policy rules set FILE)',
  },
} as const;
