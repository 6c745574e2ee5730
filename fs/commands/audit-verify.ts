import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { formatCount } from '../../common/format-count.js';
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
      : `audit log: ${formatCount(records, 'record')} and ${formatCount(heads, 'signed head')} verify, root ${root}\n${archived === null ? '' : `not looked at: the first ${formatCount(archived.records, 'record')}, archived (segments 1 to ${archived.segments}): --archive DIR\n`}`,
  );
}
