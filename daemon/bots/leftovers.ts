import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BotCgroup } from './bot-cgroup.js';
import { isLeftOver } from './instance-name.js';

/** Removes what instances of a sherind that was killed have left: for the start of the next one. */
export function removeLeftovers(runtime: string): void {
  for (const pid of orphans(runtime)) kill(pid);
  for (const name of readdirSync(runtime).filter(isLeftOver)) {
    rmSync(join(runtime, name), { recursive: true, force: true });
  }
  BotCgroup.removeLeftovers();
}

/** Sandboxes that outlived their sherind: it was killed before they had asked the kernel to end with it. */
function orphans(runtime: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [program = '', ...args] = argumentsOf(pid);
      if (basename(program) !== 'bwrap') return false;
      return args.some((arg) => {
        const [name = ''] = arg.startsWith(`${runtime}/`) ? arg.slice(runtime.length + 1).split('/') : [];
        return isLeftOver(name);
      });
    });
}

/** None of a process that has ended. */
function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
