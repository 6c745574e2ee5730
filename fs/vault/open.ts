/** From a path to the vault that is there. */
import { SherinError } from '../../common/errors.js';
import { isUnfinished } from '../../common/unfinished-vault.js';
import { VaultDirectory } from './directory.js';
import { type HeaderName, readHeader } from './header-file.js';
import { KnownVaults } from './known-vaults.js';
import { identityOf, LockedVault, type VaultPlaces } from './locked-vault.js';

export interface OpenOptions {
  /** `vault.json.bak` instead, when someone asked for it. */
  readonly header?: HeaderName;
  /** Its directory, as another process has opened and locked it. */
  readonly directory?: number;
}

/**
 * Takes the lock of the vault at an absolute path and reads its header.
 * @throws SherinError VAULT_MISSING, VAULT_UNSAFE, VAULT_BUSY, HEADER_MALFORMED, HEADER_LOST, VAULT_UNKNOWN, KNOWN_VAULTS
 */
export async function openLocked(
  path: string,
  places: VaultPlaces,
  options: OpenOptions = {},
): Promise<LockedVault> {
  const { directory: handed } = options;
  const directory = await (handed === undefined
    ? VaultDirectory.open(path)
    : VaultDirectory.adopt(path, handed));
  try {
    const header = await readHeader(directory.inside(), path, options.header);
    if (header === null) throw await noHeader(directory, path);
    const known = await new KnownVaults(places.knownVaults).check(identityOf(path, header));
    return new LockedVault(directory, header, places, known, null, options.header === 'vault.json.bak');
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Why there is no header: no vault, or one that lost it, and the copy perhaps. */
async function noHeader(directory: VaultDirectory, path: string): Promise<SherinError> {
  const names = await directory.names();
  if (!names.includes('vault.json.bak')) {
    const lost = names.includes('cubes') && !isUnfinished(directory.inside());
    return new SherinError(lost ? 'HEADER_LOST' : 'VAULT_MISSING', { path });
  }
  return new SherinError('HEADER_MALFORMED', { path: `${path}/vault.json`, part: 'it is missing' });
}
