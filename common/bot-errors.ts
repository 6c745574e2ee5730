/** What a user can meet with bots and their sandbox: rows of the one table (error-table.ts). */
import type { ErrorRow } from './error-row.js';
import { Exit } from './exit.js';

export const botErrors = {
  BOT_MANIFEST: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: '{path} describes no bot: {part}',
    hint: 'what it must hold is in docs/writing-a-bot.md; what is wrong, in the log of sherind',
  },
  BOT_UNSAFE: {
    errno: 'EACCES',
    exit: Exit.denied,
    sentence: '{path} is not safe to run: {part}',
    hint: 'folder, bot.json and program must belong to root or to the user who runs sherind, and others must not write to them: chown, chmod',
  },
  BOT_FAILED: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'the bot {bot} does not run: {part}',
    hint: 'try its program by hand, as docs/writing-a-bot.md shows',
  },
  BOT_WAITS: {
    errno: 'EAGAIN',
    exit: Exit.failed,
    sentence: 'the bot {bot} does not run now: {part}',
    hint: 'it is started when that has changed; see: sherinctl bot list',
  },
  SANDBOX_FAILED: {
    errno: 'EACCES',
    exit: Exit.failed,
    sentence: 'no sandbox can be made: {part}',
    hint: 'bubblewrap needs user namespaces: see the sysctls user.max_user_namespaces and kernel.unprivileged_userns_clone',
  },
} as const satisfies Record<string, ErrorRow>;
