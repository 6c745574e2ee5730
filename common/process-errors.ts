/** Rows of the error table for processes, and where they mount. */
import { Exit } from './exit.js';

export const processErrors = {
  NOT_RUNNING: {
    errno: 'ECONNREFUSED',
    exit: Exit.notRunning,
    sentence: 'sherin-fs is not running ({path})',
    hint: 'start it with: sherinctl up',
  },
  UNIT_FAILED: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: '{what} failed: {part}',
    hint: 'see: sherinctl why',
  },
  FS_DENIED: {
    errno: 'EACCES',
    exit: Exit.denied,
    sentence: 'uid {uid} may not use {path}, which is of the user who runs sherin-fs alone',
    hint: 'do it as that user',
  },
  FS_FULL: {
    errno: 'EMFILE',
    exit: Exit.failed,
    sentence: 'sherin-fs takes no more connections: {part}',
    hint: 'end programs that are connected to it and try again; for more at one time, raise its limit of open files (LimitNOFILE= of its unit, or ulimit -n before: sherinctl up)',
  },
  DAEMON_RUNNING: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'another sherind answers at {path}',
    hint: 'one is enough for a vault; give that of another vault a --runtime-dir of its own',
  },
  MOUNT_USED: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'can not mount at {path}: {part}',
    hint: 'name an empty directory with --mount DIR',
  },
  NOT_MOUNTED: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: 'nothing of this vault is mounted at {path}',
    hint: 'see what is: sherinctl status',
  },
  MOUNT_MISSING: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'can not mount at {path}: it does not exist',
    hint: 'make it with: mkdir {path:word}',
  },
  RUNTIME_UNSAFE: {
    errno: 'EACCES',
    exit: Exit.denied,
    sentence: 'the runtime directory {path} is not private: {part}',
    hint: 'name another with --runtime-dir DIR',
  },
} as const;
