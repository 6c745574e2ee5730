import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { PendingAudit } from '../audit/pending.js';
import { backup as copyVault } from '../backup/backup.js';
import { BackupDirectory } from '../backup/backup-directory.js';
import { requirePlaceForCopy } from '../backup/place.js';
import { headerPublicKey } from '../vault/header.js';
import { readHeader } from '../vault/header-file.js';
import { KnownVaults } from '../vault/known-vaults.js';
import { openLocked } from '../vault/open.js';
import { telling, tellProgress } from './told.js';

export interface BackupCommandOptions {
  readonly to: string;
  /** sherin-fs serves the vault and has made a snapshot; else this process locks the vault. */
  readonly served: boolean;
  readonly recheck: boolean;
  readonly prune: boolean;
}

/** A vault that is read, by whom it is kept still. */
interface Source {
  readonly fd: number;
  readonly publicKey: Buffer;
  close(): Promise<void>;
}

/** Copies the vault's ciphertext to a backup; holds no key. */
export function backup(where: Places, { to, served, recheck, prune }: BackupCommandOptions): Promise<void> {
  return telling(to, async () => {
    const source = served ? await besideServer(where) : await locked(where);
    try {
      await requirePlaceForCopy(to, source.fd, where.mount);
      const target = BackupDirectory.make(to);
      try {
        const { fd, publicKey } = source;
        const { failures, ...totals } = await copyVault(
          { fd, path: where.vault, publicKey, served },
          target,
          {
            recheck,
            prune,
            progress: tellProgress(),
          },
        );
        const failed = failures.length;
        if (!served) await note(fd, { cubes: totals.total, copied: totals.copied, failed });
        return { ...totals, failed, failures: failures.slice(0, 200) };
      } finally {
        target.close();
      }
    } finally {
      await source.close();
    }
  });
}

/** No process serves it: this one has it for itself meanwhile. */
async function locked(where: Places): Promise<Source> {
  const vault = await openLocked(where.vault, where);
  if (vault.pinned === null) {
    await vault.close();
    throw notRemembered(where);
  }
  return { fd: vault.fd, publicKey: headerPublicKey(vault.header), close: () => vault.close() };
}

async function besideServer(where: Places): Promise<Source> {
  let fd: number;
  try {
    fd = openSync(where.vault, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (cause) {
    throw localError(where.vault, cause);
  }
  const close = async (): Promise<void> => closeSync(fd);
  try {
    const header = await readHeader(`/proc/self/fd/${fd}`, where.vault);
    const vaults = await new KnownVaults(where.knownVaults).read();
    const known = vaults.find(({ uuid }) => uuid === header?.uuid);
    if (known === undefined) throw notRemembered(where);
    return { fd, publicKey: known.publicKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is checked without keys is checked with a key from elsewhere, never with one that only the vault names. */
function notRemembered(where: Places): SherinError {
  return new SherinError('VAULT_UNKNOWN', {
    path: where.vault,
    part: 'its public key is not remembered here; unlock it once',
    known: where.knownVaults,
  });
}

/** For the audit log, which takes it in at the next unlock. */
async function note(vault: number, meta: Record<string, number>): Promise<void> {
  const actor = { uid: process.getuid?.() ?? null, pid: process.pid, exe: 'sherin-fs' };
  const pending = new PendingAudit(join(`/proc/self/fd/${vault}`, 'audit'));
  await pending.append({ event: 'AUDIT_BACKUP_DONE', id: null, actor, meta }).catch(() => undefined);
}
