import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { makeDirectories } from '../../common/make-directories.js';
import { command, flag } from '../definition.js';
import type { Session } from '../session.js';
import { runs, systemctl, unitFolders } from '../units/manager.js';
import { unitPlaces } from '../units/places.js';
import { type Manager, unitsOf, vaultLine } from '../units/units.js';

export const installUnits = command({
  name: 'install-units',
  summary: 'Write units of systemd that start the vault with the machine, or with its user',
  details: [
    'As root into /etc/systemd/system, as another user into ~/.config/systemd/user; where they are right already nothing is written. Nothing is enabled or started.',
    'The unit starts sherind, which starts sherin-fs and mounts. One set of units serves one vault.',
    'Of the environment SHERIN_TPM_STATE, SHERIN_DAEMON_STATE, SHERIN_KNOWN_VAULTS, SHERIN_TCTI, SHERIN_AUTO_LOCK, SHERIN_LOCK_BEFORE_SLEEP, SHERIN_ANCHOR_FILE, SHERIN_ANCHOR_COMMAND and SHERIN_ALLOW_OTHER are handed on to the service, as they are now.',
  ],
  options: {
    user: flag('--user', 'into the folder of this user, whose own systemd runs them'),
    dryRun: flag('--dry-run', 'print them only'),
    remove: flag('--remove', 'remove them'),
  },
  examples: [
    { text: 'See what would be written', line: 'sherinctl install-units --dry-run' },
    {
      text: 'With the machine, from now on',
      line: 'sherinctl install-units && systemctl enable --now sherind.service',
    },
  ],
  run: async (session, _args, { user, dryRun, remove }) => {
    const manager: Manager = user || process.getuid?.() !== 0 ? 'user' : 'system';
    const units = unitsOf(unitPlaces(session.places), manager);
    const folder = unitFolders(manager)[0] ?? '/';
    const { output } = session;
    if (dryRun) {
      output.result({ folder, units: Object.fromEntries(units) }, () => {
        for (const [name, text] of units) output.line(`# ${join(folder, name)}\n${text}`);
      });
      return;
    }
    refuseOthers(session, folder, units);
    const changed = [...units].filter(([name, text]) => change(join(folder, name), remove ? null : text));
    if (changed.length > 0 && runs(manager)) systemctl(manager, 'daemon-reload');
    const names = changed.map(([name]) => join(folder, name));
    output.result({ folder, [remove ? 'removed' : 'written']: names }, () => {
      for (const name of names) output.line(`${remove ? 'removed' : 'wrote'} ${output.name(name)}`);
      if (names.length === 0) output.line('nothing to do');
    });
  },
});

/** @throws SherinError USAGE where units of these names are another vault's, or not ours */
function refuseOthers({ places }: Session, folder: string, units: ReadonlyMap<string, string>): void {
  for (const name of units.keys()) {
    const path = join(folder, name);
    if (!existsSync(path) || readFileSync(path, 'utf8').split('\n').includes(vaultLine(places.vault)))
      continue;
    throw new SherinError('USAGE', { what: `${path} belongs to another vault; remove it there first` });
  }
}

/** @param text null removes @returns false where it is so already */
function change(path: string, text: string | null): boolean {
  try {
    if (existsSync(path) ? readFileSync(path, 'utf8') === text : text === null) return false;
    if (text === null) {
      rmSync(path);
      return true;
    }
    makeDirectories(dirname(path), 0o777);
    writeFileSync(path, text, { mode: 0o644 });
    return true;
  } catch (error) {
    throw localError(path, error);
  }
}
