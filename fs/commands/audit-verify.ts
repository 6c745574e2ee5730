import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { verifyAudit } from '../audit/verify.js';
import { knownKey } from '../vault/known-key.js';

/** Checks the audit log offline, with the public key that this machine remembers of the vault. */
export async function auditVerify(where: Places, { json }: { readonly json: boolean }): Promise<void> {
  const report = await verifyAudit({ dir: join(where.vault, 'audit'), ...(await knownKey(where)) });
  const { records, heads, unauthenticated } = report;
  const root = report.root.toString('hex');
  process.stdout.write(
    json
      ? `${JSON.stringify({ records, heads, root, unauthenticated })}\n`
      : `audit log: ${records} records and ${heads} signed heads verify, root ${root}\n`,
  );
}
