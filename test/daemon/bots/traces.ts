/** What bots of one sherind are on the machine. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Processes of bots, or of one. */
export function processesOf(home: string, bot = ''): number[] {
  const { stdout } = spawnSync('pgrep', ['-f', `^[^ ]*bwrap .*${home}/run/${bot}`], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** Folders of instances of bots, or of one. */
export function instancesOf(home: string, bot = '[a-z0-9-]+'): string[] {
  const name = new RegExp(`^${bot}-\\d+-[0-9a-f]{12}$`);
  return readdirSync(join(home, 'run')).filter((one) => name.test(one));
}
