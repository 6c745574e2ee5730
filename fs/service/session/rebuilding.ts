/** A manifest that is gone or broken, and its way back from the copy of its log. */
import { SherinError } from '../../../common/errors.js';
import type { Keyring } from '../../../native/index.js';
import { LogFolder } from '../../log-copy/folder.js';
import { type Rebuilt, rebuildManifest } from '../../log-copy/rebuild.js';
import { Manifest } from '../../manifest/manifest.js';
import { headerHash } from '../../vault/header.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { manifestKeys } from './key-uses.js';
import type { Session } from './session.js';

/** @returns null where the manifest is whole. @throws SherinError COPY_MISSING, MANIFEST_BROKEN, HEADER_STALE, VAULT_BUSY, NO_SPACE, IO */
export async function rebuildIfBroken(keyring: Keyring, locked: LockedVault): Promise<Rebuilt | null> {
  if (await isWhole(keyring, locked)) return null;
  const { fd: vaultFd, uuid } = locked;
  const { key, publicKey } = manifestKeys(keyring);
  const folder = new LogFolder(vaultFd);
  return rebuildManifest({ vaultFd, key, folder, keyring, signer: { uuid, publicKey } });
}

/** Of an open vault: it is rebuilt only while nobody reads it. @throws SherinError USAGE */
export async function requireWhole({ manifest }: Session): Promise<void> {
  if (await isReadable(manifest)) return;
  throw new SherinError('USAGE', {
    what: 'the manifest of this open vault is broken: lock it (sherinctl lock), then have it rebuilt',
  });
}

async function isWhole(keyring: Keyring, locked: LockedVault): Promise<boolean> {
  let manifest: Manifest;
  const path = locked.directory.inside('manifest.db');
  try {
    manifest = Manifest.open({
      path,
      ...manifestKeys(keyring, path),
      uuid: locked.uuid,
      header: () => ({ generation: locked.header.generation, hash: headerHash(locked.header) }),
      auditHead: () => ({ size: manifest.head.auditSize, root: manifest.head.auditRoot }),
      counter: () => manifest.head.nv,
    });
  } catch (error) {
    if (isBroken(error)) return false;
    throw error;
  }
  try {
    return await isReadable(manifest);
  } finally {
    manifest.abandon();
  }
}

/** Every record is the one that was signed, and every page of the tables beside them can be read; what they say is fsck's to mend. */
async function isReadable(manifest: Manifest): Promise<boolean> {
  const { tables } = manifest;
  try {
    await manifest.walkLog({ record: () => undefined });
    for (const rows of [tables.puts(), tables.tiles(), tables.cubes(), tables.nodes()]) for (const _ of rows);
    return true;
  } catch (error) {
    if (isBroken(error)) return false;
    throw error;
  }
}

function isBroken(error: unknown): boolean {
  return error instanceof SherinError && error.code === 'MANIFEST_BROKEN';
}
