/** Waiting for what other processes do; no time is expected of them but an end. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something to come true; gives up with `otherwise` after 20 s. */
export async function until(otherwise: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (holds()) return;
    await sleep(20);
  }
  throw new Error(otherwise);
}

/** Waits until a process is gone. */
export function gone(pid: number): Promise<void> {
  return until(`process ${pid} does not end`, () => {
    try {
      process.kill(pid, 0);
      // A zombie of another parent still answers to signal 0.
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return true;
    }
  });
}
