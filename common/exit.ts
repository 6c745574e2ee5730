/** Exit codes of sherinctl (documented interface). */
export const Exit = {
  done: 0,
  failed: 1,
  usage: 2,
  verification: 3,
  locked: 4,
  denied: 5,
  notRunning: 6,
} as const;
export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** What help and manual page say of them. */
export const exitMeanings: Readonly<Record<ExitCode, string>> = {
  [Exit.done]: 'done',
  [Exit.failed]: 'failed',
  [Exit.usage]: 'usage',
  [Exit.verification]: 'verification failed',
  [Exit.locked]: 'locked, or no key',
  [Exit.denied]: 'denied',
  [Exit.notRunning]: 'sherin-fs is not running',
};
