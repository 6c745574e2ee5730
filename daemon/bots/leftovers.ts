import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BotCgroup } from './bot-cgroup.js';
import { isLeftOver } from './instance-name.js';

/** Removes what instances of a sherind that was killed have left: for the start of the next one. */
export function removeLeftovers(runtime: string): void {
  for (const name of readdirSync(runtime).filter(isLeftOver)) {
    rmSync(join(runtime, name), { recursive: true, force: true });
  }
  BotCgroup.removeLeftovers();
}
