import { readdirSync, readFileSync } from 'node:fs';

/**
 * Bytes of memory that a process and all below it hold alone or share among them, files aside (proc(5): smaps_rollup, Pss_Anon and
 * Pss_Shmem). The first process of a sandbox has all others below it.
 */
export function memoryInUse(pid: number): number {
  let total = 0;
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    total += memoryOf(next);
    waiting.push(...childrenOf(next));
  }
  return total;
}

function memoryOf(pid: number): number {
  const facts = readProc(`${pid}/smaps_rollup`);
  const sizes = [...facts.matchAll(/^Pss_(?:Anon|Shmem): +(\d+) kB$/gm)];
  return sizes.reduce((sum, [, size]) => sum + Number(size) * 1024, 0);
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readProc(`${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Empty for a process that is gone. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
