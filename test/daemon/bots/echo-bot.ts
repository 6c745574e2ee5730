/** A bot of one domain that echoes. */
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../vault/machine.js';

/** Its folder, which is root's alone above. */
export function echoBot({ home }: Machine, name: string, domain: string): string {
  const folder = join(home, 'private', name);
  mkdirSync(folder, { recursive: true });
  chmodSync(join(home, 'private'), 0o700);
  cpSync(join(import.meta.dirname, 'echo.py'), join(folder, 'bot.py'));
  chmodSync(join(folder, 'bot.py'), 0o755);
  const manifest = { bot_id: name, version: '1.0.0', layer: 'worker', domain, exec: ['./bot.py'] };
  writeFileSync(join(folder, 'bot.json'), JSON.stringify(manifest));
  return folder;
}
