/** The public key that this machine remembers of a vault. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import type { VaultKey } from '../../common/vault-key.js';
import { parseHeader, uuidBytes } from './header.js';
import { KnownVaults } from './known-vaults.js';

/** Of the header nothing but the UUID is taken. @throws SherinError VAULT_MISSING, VAULT_UNKNOWN, KNOWN_VAULTS */
export async function knownKey(where: Pick<Places, 'vault' | 'knownVaults'>): Promise<VaultKey> {
  const header = parseHeader(readHeaderBytes(where.vault), join(where.vault, 'vault.json'));
  const vaults = await new KnownVaults(where.knownVaults).read();
  const known = vaults.find(({ uuid }) => uuid === header.uuid);
  if (known === undefined) {
    throw new SherinError('VAULT_UNKNOWN', {
      path: where.vault,
      part: 'its public key is not remembered here',
      known: where.knownVaults,
    });
  }
  return { uuid: uuidBytes(header), publicKey: known.publicKey };
}

function readHeaderBytes(vault: string): Buffer {
  try {
    return readFileSync(join(vault, 'vault.json'));
  } catch (error) {
    throw new SherinError('VAULT_MISSING', { path: vault }, { cause: error });
  }
}
