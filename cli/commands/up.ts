import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAutoLock } from '../../common/auto-lock.js';
import { SherinError } from '../../common/errors.js';
import { refuseOtherVault } from '../../daemon/client/other-vault.js';
import { startSherinFs } from '../../daemon/client/start-sherin-fs.js';
import type { MountDriverName, Status } from '../../daemon/protocol/control.js';
import { choice, command, descriptor, flag, text, unless } from '../definition.js';
import { needMountPoint } from '../service/mount-point.js';
import { hasTerminal, unlock, wantsPin } from '../service/secret.js';
import type { Session } from '../session.js';
import { managerOf, systemctl } from '../units/manager.js';
import { driverOption } from './mount.js';

export const up = command({
  name: 'up',
  summary: 'Start sherin-fs, mount the vault, and start sherind',
  details: [
    'Where systemd has units of this vault (sherinctl install-units), systemd starts it, unless a flag says how it is to be mounted or checked.',
    'Where it runs already, only what is missing is done. The vault starts locked; the first access opens it with the TPM. A PIN is asked for at once if there is a terminal.',
  ],
  options: {
    recoveryFd: descriptor(
      '--recovery-fd <n>',
      'open the vault with the recovery key read from descriptor n',
    ),
    acceptRollback: flag(
      '--accept-rollback',
      'open a vault that was put back to an older state, on purpose, with the recovery key',
    ),
    autoLock: text(
      '--auto-lock <time>',
      'lock the vault after so many minutes without use, or a time such as 90s or 2h; SHERIN_AUTO_LOCK is the longest that it can be',
      'nothing',
    ),
    lockBeforeSleep: flag('--lock-before-sleep', 'lock the vault before the machine sleeps (systemd-logind)'),
    headerBackup: flag(
      '--header-backup',
      'use vault.json.bak instead of a damaged vault.json, which is written anew once the vault has opened',
    ),
    driver: driverOption,
    allowOther: flag('--allow-other', 'let other users into the mount, under the modes of the files'),
    listIds: flag('--list-ids', "let the vault's owner list ids/"),
    verify: choice(
      '--verify <unit>',
      'check each vertex (64 KiB, the default) or the whole cube (1 MiB) before a byte is served',
      ['vertex', 'cube'],
    ),
    mount: unless('--no-mount', 'start only'),
    daemon: unless('--no-daemon', 'without sherind: no tasks, and nobody starts sherin-fs again'),
  },
  examples: [
    { text: 'Start and mount', line: 'sherinctl up' },
    { text: 'With the recovery key', line: 'sherinctl up --recovery-fd 3 3< recovery.txt' },
  ],
  run: async (session, _args, options) => {
    const autoLock = options.autoLock === undefined ? null : parseAutoLock(options.autoLock);
    const started = session.connectIfRunning() === null;
    if (started) {
      const flags = options.verify === undefined ? [] : ['--verify', options.verify];
      if (options.lockBeforeSleep) flags.push('--lock-before-sleep');
      if (autoLock !== null) flags.push('--auto-lock', `${autoLock}s`);
      if (options.headerBackup) flags.push('--header-backup');
      // What its unit does not say it starts itself; where there is no header the unit does nothing, and says nothing.
      const whole = existsSync(join(session.places.vault, 'vault.json'));
      const plain = whole && flags.length === 0 && options.mount && options.daemon && asUnit(options);
      const manager = plain ? managerOf(session.places) : null;
      if (manager === null) await start(session, flags);
      else systemctl(manager, 'start', 'sherind.service');
    }
    const client = session.connect();
    const before = await client.call('status', {});
    refuseOtherVault(before, session.places);
    requireAutoLock(before, autoLock, options.lockBeforeSleep);
    if (
      options.recoveryFd !== undefined ||
      options.acceptRollback ||
      (before.vault.state !== 'unlocked' &&
        (canAskPin(before) || (options.headerBackup && !wantsPin(before))))
    ) {
      await unlock(client, { ...options, recovery: options.acceptRollback, pinFd: undefined });
    }
    if (options.mount && before.mount === null) {
      try {
        await mountAt(session, options);
      } catch (error) {
        // what was not there before is not left behind half done
        if (started) await client.call('stop', {}).catch(() => undefined);
        throw error;
      }
    }
    if (options.daemon && options.mount) {
      // Loaded when it is wanted: every method of sherind's socket comes with it.
      const { startSherind } = await import('../../daemon/client/start-sherind.js');
      await startSherind(session.places);
    }
    const status = await client.call('status', {});
    session.output.result(
      { pid: status.fs.pid, vault: status.vault, mount: status.mount, tpm: status.tpm },
      () => {
        const place =
          status.mount === null ? 'not mounted' : `mounted at ${session.output.name(status.mount.path)}`;
        session.output.line(
          `${session.output.name(status.vault.path)} is ${place} (${status.vault.state}, tpm: ${status.tpm.text})`,
        );
      },
    );
  },
});

/** Mounted as a unit of systemd has it mounted. */
function asUnit({ driver, allowOther, listIds }: MountOptions): boolean {
  return driver === undefined && !allowOther && !listIds;
}

/** Starts sherin-fs; another `up` that was faster is as good. */
async function start(session: Session, flags: readonly string[]): Promise<void> {
  try {
    await startSherinFs(session.places, flags);
  } catch (error) {
    if (!(error instanceof SherinError && error.code === 'VAULT_BUSY')) throw error;
    for (let tries = 0; session.connectIfRunning() === null; tries++) {
      if (tries === 50) throw error;
      await sleep(100);
    }
  }
}

/** Who wants a vault to lock itself must not find later that it does not. @throws SherinError USAGE */
function requireAutoLock({ vault: { autoLock } }: Status, wanted: number | null, beforeSleep: boolean): void {
  if (beforeSleep && autoLock.beforeSleep === 'off')
    throw new SherinError('USAGE', {
      what: 'sherin-fs runs already, and does not lock the vault before a sleep; stop it first: sherinctl down',
    });
  if (wanted === null || (autoLock.seconds !== null && autoLock.seconds <= wanted)) return;
  throw new SherinError('USAGE', {
    what: `sherin-fs runs already, and locks the vault ${autoLock.seconds === null ? 'never' : `after ${autoLock.seconds} s`} by itself; stop it first: sherinctl down`,
  });
}

interface MountOptions {
  readonly driver: MountDriverName | undefined;
  readonly allowOther: boolean;
  readonly listIds: boolean;
}

/** Mounts, unless another `up` has just done it. */
async function mountAt(session: Session, { driver, allowOther, listIds }: MountOptions): Promise<void> {
  const path = session.places.mount;
  needMountPoint(session.places);
  const client = session.connect();
  try {
    await client.call('mount', { path, driver, allowOther, listIds });
  } catch (error) {
    const { mount } = await client.call('status', {});
    if (mount?.path !== path) throw error;
  }
}

function canAskPin(status: Status): boolean {
  return wantsPin(status) && process.stdin.isTTY === true && hasTerminal();
}
