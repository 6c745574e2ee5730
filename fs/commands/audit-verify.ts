import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { verifyAudit } from '../audit/verify.js';
import { parseHeader, uuidBytes } from '../vault/header.js';
import { KnownVaults } from '../vault/known-vaults.js';

/** Checks the audit log offline, with the public key that this machine remembers of the vault. */
export async function auditVerify(where: Places, { json }: { readonly json: boolean }): Promise<void> {
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
  const uuid = uuidBytes(header);
  const report = await verifyAudit({ dir: join(where.vault, 'audit'), uuid, publicKey: known.publicKey });
  const { records, heads, unauthenticated } = report;
  const root = report.root.toString('hex');
  process.stdout.write(
    json
      ? `${JSON.stringify({ records, heads, root, unauthenticated })}\n`
      : `audit log: ${records} records and ${heads} signed heads verify, root ${root}\n`,
  );
}

function readHeaderBytes(vault: string): Buffer {
  try {
    return readFileSync(join(vault, 'vault.json'));
  } catch (error) {
    throw new SherinError('VAULT_MISSING', { path: vault }, { cause: error });
  }
}
