/** Rows of the error table about bots and what they make. */
import { Exit } from './exit.js';

export const taskErrors = {
  BOT_UNKNOWN: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'there is no bot {bot}',
    hint: 'those that there are: sherinctl bot list',
  },
  RESULT_REFUSED: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: 'what bot {bot} has written is no result: {part}',
    hint: 'a result is one regular file in out/ that is not empty',
  },
  RESULT_OPEN: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'bot {bot} has its result still open for writing',
    hint: 'a result is taken once every program has closed it',
  },
} as const;
