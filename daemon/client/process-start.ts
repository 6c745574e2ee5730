import { readFileSync } from 'node:fs';

/**
 * When a process started, as the kernel counts (proc(5), stat field 22); null when it is gone or only a zombie. A process ID
 * with its start time names one process even after the ID is used again.
 */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
