/** What of a vault changes together: manifest, header, journal. Copied at one moment, all else can be copied at leisure after it. */
import { constants } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../common/errors.js';
import { copyFileTo } from '../disk/copy.js';
import { copyDatabase } from '../manifest/copy-database.js';

/** Where it is made, in a vault and in a backup; may be removed at any time. */
export const snapshotFolder = 'backup.tmp';

/** Made at the first opening. */
const journal = 'journal';

/**
 * Copies them from a vault to a new folder `to`. Needs no key. Nobody may change the vault meanwhile; what the journal gains is no change.
 * @throws SherinError DISK_READ, NO_SPACE, IO; errors of the file system
 */
export async function takeSnapshot(vault: string, to: string, withJournal = true): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await inNewFolder(to, async (path) => {
    await copyDatabase(join(vault, 'manifest.db'), join(path, 'manifest.db'));
    await copyFileTo(join(vault, 'vault.json'), join(path, 'vault.json'));
    if (withJournal) await copyFolder(join(vault, journal), join(path, journal));
  });
}

/** Copies a snapshot that is made. */
export async function copySnapshot(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await inNewFolder(to, async (path) => {
    await copyFiles(from, path);
    await copyFolder(join(from, journal), join(path, journal));
  });
}

/** The ordinary files of a folder, in the order of their names, in a new one; nothing where there is no such folder. */
async function copyFolder(from: string, to: string): Promise<void> {
  if ((await filesOf(from)) !== null) await inNewFolder(to, (path) => copyFiles(from, path));
}

async function copyFiles(from: string, to: string): Promise<void> {
  for (const name of (await filesOf(from)) ?? []) await copyFileTo(join(from, name), join(to, name));
}

/** Makes a folder and runs a step with a path into this very one, which stays the same whatever is renamed meanwhile; durable then. */
async function inNewFolder(path: string, step: (inside: string) => Promise<void>): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await step(`/proc/self/fd/${folder.fd}`);
    await folder.sync();
  } finally {
    await folder.close();
  }
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
