/** What of a vault changes together: manifest, header, journal. Copied at one moment, all else can be copied at leisure after it. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../common/errors.js';
import { copyFileTo } from '../disk/copy.js';
import { syncDirectory } from '../disk/durable.js';
import { copyDatabase } from '../manifest/copy-database.js';

/** Where it is made, in a vault and in a backup; may be removed at any time. */
export const snapshotFolder = 'backup.tmp';

/** Vaults that are written through the mount have it. */
const journal = 'journal';

/**
 * Copies them from a vault to a new folder `to`. Needs no key. Nobody may change the vault meanwhile; what the journal gains is no change.
 * @throws SherinError DISK_READ, NO_SPACE, IO; errors of the file system
 */
export async function takeSnapshot(vault: string, to: string, withJournal = true): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { mode: 0o700 });
  await copyDatabase(join(vault, 'manifest.db'), join(to, 'manifest.db'));
  await copyFileTo(join(vault, 'vault.json'), join(to, 'vault.json'));
  if (withJournal) await copyFolder(join(vault, journal), join(to, journal));
  await syncDirectory(to);
}

/** Copies a snapshot that is made. */
export async function copySnapshot(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await copyFolder(from, to);
  await copyFolder(join(from, journal), join(to, journal));
}

/** The ordinary files of a folder, in the order of their names; nothing where there is no such folder. */
async function copyFolder(from: string, to: string): Promise<void> {
  const names = await filesOf(from);
  if (names === null) return;
  await mkdir(to, { mode: 0o700 });
  for (const name of names) await copyFileTo(join(from, name), join(to, name));
  await syncDirectory(to);
}

/** Names of a folder's ordinary files, sorted; null where there is no folder. */
export async function filesOf(folder: string): Promise<string[] | null> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
