/** An incremental copy of a vault: ciphertext only, made without a key. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { CubeStore } from '../cube/store.js';
import { replaceWithCopy, sizeOf } from '../disk/copy.js';
import { syncDirectory } from '../disk/durable.js';
import { type Header, uuidBytes } from '../vault/header.js';
import { readHeader } from '../vault/header-file.js';
import type { BackupDirectory } from './backup-directory.js';
import { copyAudit } from './copy-audit.js';
import { type CopiedCubes, copyCubes } from './copy-cubes.js';
import { copyLog } from './copy-log.js';
import { requireKnownLogs } from './known-formats.js';
import { prune } from './prune.js';
import { copySnapshot, filesOf, snapshotFolder, takeSnapshot } from './snapshot.js';

/** The vault that is copied. */
export interface BackupSource {
  readonly fd: number;
  /** As given, for people. */
  readonly path: string;
  /** What this machine remembers of it. */
  readonly publicKey: Buffer;
  /** True where sherin-fs serves it and has made a snapshot; else it is locked by who calls. */
  readonly served: boolean;
}

export interface BackupOptions {
  readonly recheck: boolean;
  /** Remove cubes that no version needs: sherin-fs has listed those that are needed. */
  readonly prune: boolean;
  readonly progress: (done: number, total: number) => void;
}

export interface BackupResult extends CopiedCubes {
  readonly pruned: number;
}

/**
 * Makes or renews a backup. What is cut off is the older backup still, or goes on where it stopped: cubes come first and the manifest,
 * which was copied before them, gets its place last.
 * @throws SherinError BACKUP_OTHER, FORMAT_NEWER, HEADER_MALFORMED, VAULT_UNKNOWN, DISK_READ, NO_SPACE, IO; errors of the file system
 */
export async function backup(
  source: BackupSource,
  target: BackupDirectory,
  options: BackupOptions,
): Promise<BackupResult> {
  const vault = `/proc/self/fd/${source.fd}`;
  const made = join(vault, snapshotFolder);
  const snapshot = target.inside(snapshotFolder);
  const header = await readHeader(source.served ? made : vault, source.path);
  if (header === null) throw new SherinError('VAULT_MISSING', { path: source.path });
  const earlier = await requireOwn(target, header);
  const signer = { uuid: uuidBytes(header), publicKey: source.publicKey };
  for (const { fd } of [source, target]) await requireKnownLogs(fd, signer);
  await target.makeFolders();
  await new CubeStore(target.fd).clean();
  if (source.served) await copySnapshot(made, snapshot);
  else await takeSnapshot(vault, snapshot);
  // What it is a backup of, should this one be the first and be cut off.
  if ((await sizeOf(target.inside('vault.json'))) === null)
    await target.inFolder(snapshotFolder, (path) =>
      replaceWithCopy(join(path, 'vault.json'), target.inside('vault.json')),
    );
  const { recheck, progress } = options;
  // The header that is there opens the cubes of both epochs: what is cut off is a backup still.
  const renewed = (earlier?.keys?.former.length ?? 0) > 0 ? { epoch: header.epoch } : {};
  const copied = await copyCubes({
    ...signer,
    ...renewed,
    from: source.fd,
    to: target.fd,
    recheck,
    progress,
  });
  await target.inFolder('audit', (to) => copyAudit(join(vault, 'audit'), to));
  await copyLog(source.fd, target, signer);
  await takeOver(target);
  const pruned = options.prune ? await prune(source.fd, target.fd, join(made, 'needed')) : 0;
  return { ...copied, pruned };
}

/**
 * A backup goes into an empty directory or over an older backup of the same vault and key epoch, never over anything else: with cubes of a
 * later master key an older backup, and with those of an earlier one the new backup would not open.
 * @returns the header of the older backup
 */
async function requireOwn(target: BackupDirectory, { uuid, epoch }: Header): Promise<Header | null> {
  const { path } = target;
  const there = await target.header();
  if (there === null) {
    const names = (await target.names()).filter((name) => name !== 'lost+found');
    if (names.length > 0) throw new SherinError('BACKUP_OTHER', { path, part: 'other files' });
  } else if (there.uuid !== uuid)
    throw new SherinError('BACKUP_OTHER', { path, part: `the vault ${there.uuid}` });
  else if (there.epoch !== epoch) throw new SherinError('BACKUP_EPOCH', { path, epoch: there.epoch });
  return there;
}

/**
 * Gives the snapshot's files their places. The header that a manifest names may be the one beside it or the one before that, so the
 * header goes first; the copy of the old one in `vault.json.bak` fits the old manifest until the new one is there. A journal goes with its manifest only.
 */
async function takeOver(target: BackupDirectory): Promise<void> {
  await target.inFolder(snapshotFolder, (snapshot) => replaceBy(snapshot, target));
  await rm(target.inside(snapshotFolder), { recursive: true, force: true });
  await syncDirectory(target.inside());
}

async function replaceBy(snapshot: string, target: BackupDirectory): Promise<void> {
  const from = (name: string): string => join(snapshot, name);
  await rm(target.inside('journal'), { recursive: true, force: true });
  await replaceWithCopy(from('vault.json'), target.inside('vault.json'));
  // A write-ahead log of whoever opened the backup as a vault belongs to the manifest that goes.
  await rm(target.inside('manifest.db-wal'), { force: true });
  await rename(from('manifest.db'), target.inside('manifest.db'));
  await syncDirectory(target.inside());
  await replaceWithCopy(from('vault.json'), target.inside('vault.json.bak'));
  if ((await filesOf(from('journal'))) !== null) await rename(from('journal'), target.inside('journal'));
}
