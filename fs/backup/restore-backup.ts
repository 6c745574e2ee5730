/** A second vault directory from a backup, each cube checked without a key. */
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { verifyAudit } from '../audit/verify.js';
import { CubeStore } from '../cube/store.js';
import { replaceWithCopy, sizeOf } from '../disk/copy.js';
import { syncDirectory } from '../disk/durable.js';
import { LogFolder } from '../log-copy/folder.js';
import { copyDatabase } from '../manifest/copy-database.js';
import { headerPublicKey, uuidBytes } from '../vault/header.js';
import type { BackupDirectory } from './backup-directory.js';
import { copyAudit } from './copy-audit.js';
import { type CopiedCubes, copyCubes } from './copy-cubes.js';
import { copyLog } from './copy-log.js';
import { requireKnownLogs } from './known-formats.js';
import { filesOf } from './snapshot.js';

/** Marks a directory that a restore has begun to fill; a vault does not have it. */
const mark = 'restore.tmp';

export interface RestoreOptions {
  /** Public key of a vault with this UUID that this machine remembers; undefined: none. */
  readonly remembered: (uuid: string) => Buffer | undefined;
  readonly progress: (done: number, total: number) => void;
}

export interface RestoreResult extends CopiedCubes {
  readonly uuid: string;
  /** The key that signatures were checked with is one that this machine remembers, not only the one that the backup names. */
  readonly remembered: boolean;
  /** The manifest itself was there; else it is rebuilt from the copy of its log. */
  readonly hasManifest: boolean;
  /** A TPM opens the vault, which need not be that of this machine. */
  readonly hasTpmSlot: boolean;
  /** Records of the audit log, which verifies. */
  readonly auditRecords: number;
}

/**
 * Fills an empty directory. The header comes last, so that what was cut off is no vault; the same call goes on with it.
 * @throws SherinError FORMAT_NEWER, BACKUP_INCOMPLETE, BACKUP_OTHER, VAULT_EXISTS, VAULT_UNKNOWN, AUDIT_BROKEN, HEADER_MALFORMED, NO_SPACE, IO
 */
export async function restoreBackup(
  backup: BackupDirectory,
  target: BackupDirectory,
  { remembered, progress }: RestoreOptions,
): Promise<RestoreResult> {
  const header = await backup.header();
  if (header === null) throw incomplete(backup, 'it has no vault.json');
  const hasManifest = (await sizeOf(backup.inside('manifest.db'))) !== null;
  if (!hasManifest && new LogFolder(backup.fd).numbers().length === 0)
    throw incomplete(backup, 'its manifest is missing, and so is the copy of its log');
  const own = headerPublicKey(header);
  const signer = { uuid: uuidBytes(header), publicKey: own };
  await requireKnownLogs(backup.fd, signer);
  await claim(target);
  const known = remembered(header.uuid);
  if (known !== undefined && !known.equals(own))
    throw new SherinError('VAULT_UNKNOWN', {
      path: backup.path,
      part: 'its public key is another',
      known: 'known_vaults',
    });
  const copied = await copyCubes({ ...signer, from: backup.fd, to: target.fd, recheck: true, progress });
  await target.inFolder('audit', (to) => copyAudit(backup.inside('audit'), to));
  const { records } = await verifyAudit({ dir: target.inside('audit'), ...signer });
  await copyLog(backup.fd, target, signer);
  await copyJournal(backup, target);
  if (hasManifest) await copyDatabase(backup.inside('manifest.db'), target.inside('manifest.db'));
  await replaceWithCopy(backup.inside('vault.json'), target.inside('vault.json.bak'));
  await syncDirectory(target.inside());
  await replaceWithCopy(backup.inside('vault.json'), target.inside('vault.json'));
  await rm(target.inside(mark), { force: true });
  await syncDirectory(target.inside());
  return {
    ...copied,
    hasManifest,
    hasTpmSlot: header.slots.some(({ type }) => type === 'tpm2'),
    uuid: header.uuid,
    remembered: known !== undefined,
    auditRecords: records,
  };
}

function incomplete({ path }: BackupDirectory, part: string): SherinError {
  return new SherinError('BACKUP_INCOMPLETE', { path, part });
}

/** Takes an empty directory, or one that an interrupted restore has begun with. @throws SherinError VAULT_EXISTS */
async function claim(target: BackupDirectory): Promise<void> {
  const names = (await target.names()).filter((name) => name !== 'lost+found');
  const begun = names.includes(mark) && !names.includes('vault.json');
  if (names.length > 0 && !begun) throw new SherinError('VAULT_EXISTS', { path: target.path });
  await chmod(target.inside(), 0o700);
  await target.mark(mark);
  await target.makeFolders();
  await new CubeStore(target.fd).clean();
}

async function copyJournal(backup: BackupDirectory, target: BackupDirectory): Promise<void> {
  const names = await filesOf(backup.inside('journal'));
  if (names === null) return;
  await target.inFolder('journal', async (to) => {
    for (const name of names) await replaceWithCopy(join(backup.inside('journal'), name), join(to, name));
  });
}
