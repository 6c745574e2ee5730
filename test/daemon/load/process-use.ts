/** What a process has, in the kernel's word. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Its open descriptors, once they are the same for half a second: what was closed just now is gone. */
export async function descriptorsOf(pid: number): Promise<number> {
  let count = -1;
  for (let same = 0; same < 10; ) {
    const now = readdirSync(`/proc/${pid}/fd`).length;
    same = now === count ? same + 1 : 0;
    count = now;
    await sleep(50);
  }
  return count;
}

/** Bytes of memory that are resident now, or were at the most. */
export function memoryOf(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}
