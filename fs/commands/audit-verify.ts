import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { verifyAudit } from '../audit/verify.js';
import { knownKey } from '../vault/known-key.js';

/** Checks the audit log offline, with the public key that this machine remembers of the vault. */
export async function auditVerify(where: Places, { json }: { readonly json: boolean }): Promise<void> {
  const report = await verifyAudit({ dir: join(where.vault, 'audit'), ...(await knownKey(where)) });
  const { records, heads, unauthenticated, archived } = report;
  const root = report.root.toString('hex');
  process.stdout.write(
    json
      ? `${JSON.stringify({ records, heads, root, unauthenticated, archived })}\n`
      : `audit log: ${records} records and ${heads} signed heads verify, root ${root}\n${archived === null ? '' : `the first ${archived.records} records are archived (segments 1 to ${archived.segments}) and were not looked at: --archive DIR\n`}`,
  );
}
