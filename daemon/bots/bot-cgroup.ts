import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeDirectories } from '../../common/make-directories.js';
import { isLeftOver } from './instance-name.js';
import type { BotLimits } from './manifest.js';

export const controllers = ['memory', 'pids', 'cpu'] as const;
export type Controller = (typeof controllers)[number];

/** Below sherind's own group. */
const folderName = 'bots';
/** Microseconds of each 100,000 that all of a bot may compute: one processor. */
const oneProcessor = '100000 100000';

/** A group of processes of one instance (cgroups(7), version 2), with as many limits as this machine lets sherind set. */
export class BotCgroup {
  readonly path: string;
  /** Those whose limits are set. */
  readonly inForce: ReadonlySet<Controller>;

  private constructor(path: string, inForce: ReadonlySet<Controller>) {
    this.path = path;
    this.inForce = inForce;
  }

  /** Null where there is no version 2, or sherind may make no groups. @param name one that no other group has */
  static make(name: string, limits: BotLimits): BotCgroup | null {
    const base = ownFolder();
    if (base === null) return null;
    const above = join(base, folderName);
    const path = join(above, name);
    if (!works(() => makeDirectories(path, 0o777))) return null;
    for (const folder of [base, above]) enable(folder);
    const wished: Record<Controller, () => void> = {
      memory: () => {
        write(join(path, 'memory.max'), `${limits.memory}`);
        tryWrite(join(path, 'memory.swap.max'), '0');
        tryWrite(join(path, 'memory.oom.group'), '1');
      },
      pids: () => write(join(path, 'pids.max'), `${limits.processes}`),
      cpu: () => write(join(path, 'cpu.max'), oneProcessor),
    };
    const inForce = controllers.filter((name) => works(wished[name]));
    return new BotCgroup(path, new Set(inForce));
  }

  /** Those of a sherind that was killed. */
  static removeLeftovers(): void {
    const base = ownFolder();
    const above = base === null ? null : join(base, folderName);
    if (above === null || !existsSync(above)) return;
    for (const name of readdirSync(above).filter(isLeftOver)) works(() => rmdirSync(join(above, name)));
    works(() => rmdirSync(above));
  }

  /** The file that takes a process in. */
  get procs(): string {
    return join(this.path, 'cgroup.procs');
  }

  /** SIGKILL to all that are in it, at once (Linux 5.14). */
  kill(): void {
    tryWrite(join(this.path, 'cgroup.kill'), '1');
  }

  /** Once all are gone. */
  remove(): void {
    // The one above goes with the last of them.
    for (const folder of [this.path, dirname(this.path)]) works(() => rmdirSync(folder));
  }
}

/** The group of this process; where a service manager has put it into a group `sherind`, the one above, which is ours as well. */
export function ownFolder(): string | null {
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const point = /^\S+ \S+ \S+ \/ (\S+) .* - cgroup2 /m.exec(mounts)?.[1];
    const group = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    if (point === undefined || group === undefined) return null;
    const folder = join(point, basename(group) === 'sherind' ? dirname(group) : group);
    return existsSync(join(folder, 'cgroup.procs')) ? folder : null;
  } catch {
    return null;
  }
}

/** Hands controllers down; one that is not there, or that a group with processes may not hand down, is not in force. */
function enable(folder: string): void {
  for (const name of controllers) tryWrite(join(folder, 'cgroup.subtree_control'), `+${name}`);
}

function tryWrite(path: string, text: string): void {
  works(() => write(path, text));
}

function works(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** The file must be there: the kernel makes them. */
function write(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'r+' });
}
