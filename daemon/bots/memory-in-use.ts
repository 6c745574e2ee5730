import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether {@link memoryInUse} is above a limit. All that is resident (proc(5): VmRSS) is at least as much, and costs a hundredth: only where that is above
 * is looked closer.
 */
export function usesMoreThan(limit: number, pid: number): boolean {
  return sumOf(pid, residentOf) > limit && memoryInUse(pid) > limit;
}

/**
 * Bytes of memory that a process and all below it hold alone or share among them, files aside (proc(5): smaps_rollup, Pss_Anon and
 * Pss_Shmem). The first process of a sandbox has all others below it.
 */
export function memoryInUse(pid: number): number {
  return sumOf(pid, memoryOf);
}

function sumOf(pid: number, of: (pid: number) => number): number {
  let total = 0;
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    total += of(next);
    waiting.push(...childrenOf(next));
  }
  return total;
}

function memoryOf(pid: number): number {
  const facts = readProc(`${pid}/smaps_rollup`);
  const sizes = [...facts.matchAll(/^Pss_(?:Anon|Shmem): +(\d+) kB$/gm)];
  return sizes.reduce((sum, [, size]) => sum + Number(size) * 1024, 0);
}

function residentOf(pid: number): number {
  const [, size = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`)) ?? [];
  return Number(size) * 1024;
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
