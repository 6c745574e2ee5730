/** Rows of the error table for what only sherind meets: its database and its tasks. */
import { Exit } from './exit.js';

export const daemonErrors = {
  SHERIND_MISSING: {
    errno: 'ECONNREFUSED',
    exit: Exit.notRunning,
    sentence: 'sherind is not running ({path}: {part})',
    hint: 'start it with: sherinctl up',
  },
  SHERIND_CLOSED: {
    errno: 'EACCES',
    exit: Exit.denied,
    sentence: 'uid {uid} may not use {path}, which is of the user who runs sherind and of group sherin',
    hint: 'do it as one of them',
  },
  SHERIND_REFUSED: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'sherind answers {code} to {part}',
    hint: '{next}',
  },
  SHERIND_DENIED: {
    errno: 'EACCES',
    exit: Exit.denied,
    sentence: 'sherind says {code}: {part}',
    hint: '{next}',
  },
  SOCKET_PASSED: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: 'the service manager passed what sherind can not listen on: {part}',
    hint: 'give the socket unit one ListenStream= with the path of sherind.sock',
  },
  DAEMON_DATABASE: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'the database of sherind {path} can not be used: {part}',
    hint: 'move it away and start sherind again: tasks and what was learned are lost, no file of the vault is',
  },
  START_KILLED: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'sherin-fs was ended by {signal} before it served; its log is {path}',
    hint: 'start it again; where nobody has ended it, the machine may be short of memory (see: dmesg)',
  },
  NO_BOT: {
    errno: 'EPOLICY',
    exit: Exit.denied,
    sentence: 'no bot for domain {domain}',
    hint: 'name another one with --domain, or register a bot for it; those that work: sherinctl bot list',
    told: true,
  },
  BOT_STOPPED: {
    errno: 'EAGAIN',
    exit: Exit.failed,
    sentence: 'the bot was stopped before it had answered',
    hint: 'the task is tried again when a bot works in its domain',
  },
  BOT_LOST: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'the bot ended before it had answered',
    hint: 'the task is tried again, three times in all',
  },
  TASK_NO_PARTS: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: 'task {id} has no parts to be merged',
    hint: 'name the parent that submit-multi gave',
  },
  TASK_UNKNOWN: {
    errno: 'ENOENT',
    exit: Exit.failed,
    sentence: 'there is no task {id}',
    hint: 'tasks are forgotten some time after their end; list those that are there',
  },
  TASK_STATE: {
    errno: 'EALREADY',
    exit: Exit.failed,
    sentence: 'task {id} is {state}: {part}',
    hint: 'look at the task; submit the request again if it is to be done once more',
  },
  TASK_QUEUE_FULL: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'no further task is taken: {part}',
    hint: 'wait until some tasks have ended, or cancel some',
    told: true,
  },
  TASK_TREE: {
    errno: 'ELOOP',
    exit: Exit.failed,
    sentence: 'task {id} can not have these sub-tasks: {part}',
    hint: 'let the bot ask for less at once, or for what needs no further sub-tasks',
  },
  TASK_PARTS_FAILED: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'a task whose result was needed was not done',
    hint: 'look at the parts of the task: each says why it ended',
  },
  TASK_PARENT_ENDED: {
    errno: 'ECANCELED',
    exit: Exit.failed,
    sentence: 'the task that this one belongs to has ended',
    hint: 'nothing is left to be done here; look at the task it belongs to',
  },
} as const;
