/** The systemd that runs a vault: root's, or the user's own. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { type Manager, vaultLine } from './units.js';

/** Where units are looked for, the one that wins first (systemd.unit(5)); the first is where an administrator puts them. */
export function unitFolders(manager: Manager, env: NodeJS.ProcessEnv = process.env): readonly string[] {
  if (manager === 'user')
    return [join(env.XDG_CONFIG_HOME ?? join(env.HOME ?? '/', '.config'), 'systemd/user')];
  return ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
}

/** True for what `sherind.service` says, in the folder that wins, of this vault. */
export function serves(manager: Manager, vault: string): boolean {
  const file = unitFolders(manager)
    .map((folder) => join(folder, 'sherind.service'))
    .find((path) => existsSync(path));
  return file !== undefined && readFileSync(file, 'utf8').split('\n').includes(vaultLine(vault));
}

/** The systemd that runs now and has units of this vault, or null. */
export function managerOf({ vault }: Pick<Places, 'vault'>): Manager | null {
  const manager = process.getuid?.() === 0 ? 'system' : 'user';
  return runs(manager) && serves(manager, vault) ? manager : null;
}

/** As sd_booted(3) finds out; a user's has a socket of its own. */
export function runs(manager: Manager, env: NodeJS.ProcessEnv = process.env): boolean {
  if (manager === 'system') return existsSync('/run/systemd/system');
  return env.XDG_RUNTIME_DIR !== undefined && existsSync(join(env.XDG_RUNTIME_DIR, 'systemd/private'));
}

/** @throws SherinError UNIT_FAILED with its words */
export function systemctl(manager: Manager, ...words: string[]): void {
  const args = manager === 'user' ? ['--user', ...words] : words;
  const { status, error, stderr } = spawnSync('systemctl', args, { encoding: 'utf8' });
  if (status === 0) return;
  const part = error?.message ?? (stderr.trim().replaceAll('\n', ' ') || `code ${status}`);
  throw new SherinError('UNIT_FAILED', { what: `systemctl ${args.join(' ')}`, part });
}
