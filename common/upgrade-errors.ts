/** Rows of the error table about handing a running sherin-fs over to a new one. */
import { Exit } from './exit.js';

export const upgradeErrors = {
  UPGRADE_REFUSED: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'sherin-fs is not replaced under its open files: {part}',
    hint: 'it goes on as before; try again, or close what is open and run: sherinctl down && sherinctl up',
  },
  UPGRADE_FAILED: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'the new sherin-fs could not take over: {part}',
    hint: 'the one before goes on; the reason in full is in sherin-fs.log of the runtime directory',
  },
} as const;
