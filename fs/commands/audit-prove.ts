import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { uuidText } from '../../common/vault-key.js';
import { proveArchived } from '../audit/prove-archived.js';
import { knownKey } from '../vault/known-key.js';
import { telling } from './told.js';

export interface AuditProveOptions {
  readonly archive: string;
  readonly seq: number;
}

/** Proves a record from the vault and the archive, with the public key that this machine remembers of the vault. */
export function auditProve(where: Places, { archive, seq }: AuditProveOptions): Promise<void> {
  return telling(archive, async () => {
    const key = await knownKey(where);
    const { leaf, path, record, head } = await proveArchived(
      { dir: join(where.vault, 'audit'), archive, key },
      seq,
    );
    const hashes = path.map((hash) => hash.toString('base64'));
    return { seq, leaf: leaf.toString('base64'), path: hashes, record, head, vault: uuidText(key.uuid) };
  });
}
