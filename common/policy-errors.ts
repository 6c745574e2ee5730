/** Rows of the error table about the policy engine. */
import { Exit } from './exit.js';

export const policyErrors = {
  POLICY_BLOCKED: {
    errno: 'EPOLICY',
    exit: Exit.denied,
    sentence: 'the policy blocks {what}: {part}',
    hint: 'it can be repeated when the reason has gone',
  },
  POLICY_FLOOR: {
    errno: 'EPOLICY',
    exit: Exit.denied,
    sentence: 'the threshold of {what} can not be {value}: the floor is {least}',
    hint: 'the floor is changed only offline, with the recovery key',
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
} as const;
