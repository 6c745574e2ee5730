import type { BotLimits } from './manifest.js';

/** What holds a bot within its limits; each machine can do other things. */
export interface LimitsInForce {
  /** `cgroup`: the kernel, for all of the bot together; `watched`: sherind looks and ends it. Per process a limit stands besides. */
  readonly memory: 'cgroup' | 'watched';
  readonly processes: 'cgroup' | 'rlimit';
  /** `cgroup`: at most one processor at a time; `rlimit`: seconds in all. */
  readonly processor: 'cgroup' | 'rlimit';
  /** Who the bot is outside: a user of its own, or the one who runs sherind. */
  readonly user: 'own' | 'shared';
}

/**
 * As arguments of prlimit(1), which runs inside the sandbox: processes are counted in its own user namespace there. Memory is RLIMIT_DATA,
 * what can be written to; RLIMIT_AS would count the gigabytes of addresses that JavaScript engines only reserve.
 */
export function resourceLimits(limits: BotLimits): string[] {
  return [
    `--nproc=${limits.processes}`,
    `--data=${limits.memory}`,
    `--nofile=${limits.files}`,
    `--fsize=${limits.file_size}`,
    `--cpu=${limits.cpu_seconds}`,
    '--core=0',
    '--memlock=65536',
    '--msgqueue=0',
    '--rtprio=0',
  ];
}
