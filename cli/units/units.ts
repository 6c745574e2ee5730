/** The units of one vault, as text by file name (systemd.unit(5)). */
import { basename, join } from 'node:path';
import { shellWord } from '../../common/shell-word.js';
import { commandHardening, systemHardening, userHardening } from './hardening.js';
import type { UnitPlaces } from './places.js';
import { commandLine, commandWord, quoted, withoutSpecifiers } from './quote.js';

/** Whose systemd runs them: root's, or the user's own. */
export type Manager = 'system' | 'user';

/** In each of them: whose units they are. A line that systemd passes over. */
export function vaultLine(vault: string): string {
  return `X-SherinVault=${quoted(vault)}`;
}

/** All units of a vault: text by file name. @throws SherinError USAGE for a path that no unit can name */
export function unitsOf(where: UnitPlaces, manager: Manager): ReadonlyMap<string, string> {
  const units = new Map([
    ['sherind.service', service(where, manager)],
    ['sherind.socket', socket(where, manager)],
  ]);
  // A user's manager has no sleep.target.
  if (manager === 'system') {
    units.set('sherin-lock-before-sleep.service', lockBeforeSleep(where));
    units.set('sherin-unlock.service', unlock(where));
  }
  return units;
}

/** Of each unit that does nothing without the vault. */
function whereVaultIs({ vault }: UnitPlaces): string {
  return `ConditionPathExists=${withoutSpecifiers(vault)}/vault.json`;
}

function head(where: UnitPlaces, description: string, ...lines: string[]): string[] {
  return [
    '[Unit]',
    `Description=${description}`,
    'Documentation=man:sherinctl(1)',
    vaultLine(where.vault),
    ...lines,
  ];
}

function environment(where: UnitPlaces): string[] {
  const variables = {
    ...{ SHERIN_VAULT: where.vault, SHERIN_MOUNT: where.mount, SHERIN_RUNTIME_DIR: where.runtime },
    ...where.variables,
  };
  return Object.entries(variables).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`);
}

/** statfs(2) of a mount that is served, and of a directory without one, answers; of a dead one it fails. */
const clearDeadMount =
  'stat -f -- "$SHERIN_MOUNT" >/dev/null 2>&1 || exec fusermount3 -u -z -- "$SHERIN_MOUNT"';

function service(where: UnitPlaces, manager: Manager): string {
  const system = manager === 'system';
  // A list of words with specifiers, and `:` between two names (systemd.exec(5)): others sherind makes itself.
  const ownRuntime = system && /^\/run\/[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(where.runtime);
  return text([
    ...head(
      where,
      'Sherin: keeps sherin-fs running and the vault mounted',
      whereVaultIs(where),
      ...(system ? ['After=local-fs.target tpm2.target'] : []),
    ),
    '',
    '[Service]',
    'Type=notify',
    'NotifyAccess=main',
    ...environment(where),
    // What stands there goes before what stands here.
    ...(system ? ['EnvironmentFile=-/etc/default/sherin'] : []),
    // It fails over a dead mount of a sherin-fs outside this unit, which sherind clears.
    `ExecStartPre=-/usr/bin/mkdir -p -m 0700 ${commandWord(where.mount)}`,
    `ExecStart=${commandLine(where.node, '--max-semi-space-size=8', where.daemon)}`,
    // sherind starts sherin-fs again itself; what remains for the manager is sherind.
    'Restart=on-failure',
    'RestartSec=2',
    'WatchdogSec=60',
    'TimeoutStartSec=180',
    'TimeoutStopSec=180',
    // SIGTERM to sherind, which seals, unmounts and locks; SIGKILL to what is left after that.
    'KillMode=mixed',
    // That takes who watches over the mount, too: where sherind was killed nobody else would clear it, unless it is started again.
    `ExecStopPost=-${commandLine('/bin/sh', '-c', clearDeadMount)}`,
    // Bots get control groups of their own.
    ...(system ? ['Delegate=yes'] : []),
    ...(ownRuntime
      ? [
          `RuntimeDirectory=${basename(where.runtime)}`,
          'RuntimeDirectoryMode=0711',
          'RuntimeDirectoryPreserve=yes',
        ]
      : []),
    ...(system ? systemHardening : userHardening),
    '',
    '[Install]',
    `WantedBy=${system ? 'multi-user.target' : 'default.target'}`,
    'Also=sherind.socket',
  ]);
}

function socket(where: UnitPlaces, manager: Manager): string {
  const system = manager === 'system';
  return text([
    ...head(where, 'Sherin: socket of sherind', whereVaultIs(where)),
    '',
    '[Socket]',
    `ListenStream=${withoutSpecifiers(join(where.runtime, 'sherind.sock'))}`,
    'FileDescriptorName=sherind',
    ...(system ? ['SocketMode=0660', 'SocketGroup=sherin'] : ['SocketMode=0600']),
    `DirectoryMode=${system ? '0711' : '0700'}`,
    '',
    '[Install]',
    'WantedBy=sockets.target',
  ]);
}

function lockBeforeSleep(where: UnitPlaces): string {
  return text([
    ...head(where, 'Sherin: lock the vault before the machine sleeps', 'Before=sleep.target'),
    '',
    '[Service]',
    'Type=oneshot',
    ...environment(where),
    `ExecStart=${commandLine(where.node, where.cli, 'lock')}`,
    // Where sherin-fs does not run nothing is open.
    'SuccessExitStatus=6',
    'TimeoutStartSec=60',
    ...commandHardening,
    '',
    '[Install]',
    'WantedBy=sleep.target',
  ]);
}

/** The PIN from an encrypted credential where there is one, else from whoever answers systemd-ask-password(1). It goes through descriptors only. */
function unlock(where: UnitPlaces): string {
  const open = [where.node, where.cli, 'unlock', '--pin-fd'].map(shellWord).join(' ');
  const script = [
    'pin="$CREDENTIALS_DIRECTORY/sherin.pin"',
    `if [ -e "$pin" ]; then exec ${open} 3 3<"$pin"; fi`,
    `systemd-ask-password --timeout=0 "PIN of the Sherin vault:" | ${open} 0`,
  ].join('; ');
  return text([
    ...head(
      where,
      'Sherin: open a vault that wants a PIN',
      'Requires=sherind.service',
      'After=sherind.service',
    ),
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    ...environment(where),
    'LoadCredentialEncrypted=sherin.pin',
    `ExecStart=/bin/sh -c ${commandWord(script)}`,
    'TimeoutStartSec=infinity',
    ...commandHardening,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
