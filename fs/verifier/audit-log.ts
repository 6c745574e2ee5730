import type { FileHandle } from 'node:fs/promises';
import { SherinError } from '../../common/errors.js';
import type { VaultKey } from '../../common/vault-key.js';
import { Anchors } from '../audit/anchors.js';
import { type AuditReport, verifyAudit } from '../audit/verify.js';
import { type Told, withInput } from './input.js';

/** @throws SherinError AUDIT_BROKEN, ROLLBACK; PROOF_BROKEN: anchors without a head */
export async function verifyAuditLog(
  dir: string,
  key: VaultKey,
  {
    anchorFile,
    archive,
  }: { readonly anchorFile?: string | undefined; readonly archive?: string | undefined } = {},
): Promise<Told> {
  if (anchorFile === undefined) return verified(dir, key, null, archive);
  return withInput(anchorFile, async (file: FileHandle) => {
    const anchors = new Anchors(file.fd, key);
    const told = await verified(dir, key, anchors, archive);
    // Line ends of another system, or another file: it would show nothing that was cut off.
    if (anchors.met + anchors.archived === 0)
      throw new SherinError('PROOF_BROKEN', { path: anchorFile, part: 'there is no head in it' });
    return told;
  });
}

async function verified(
  dir: string,
  key: VaultKey,
  anchors: Anchors | null,
  archive: string | undefined,
): Promise<Told> {
  const report = await verifyAudit({ dir, archive, ...key, anchors });
  const { records, heads, segments, size, unauthenticated, torn, archived } = report;
  const root = report.root.toString('base64');
  const lines = [
    `audit log verified: ${records} records, ${heads} signed heads, ${segments} segments`,
    `root: ${root} over ${size} records`,
  ];
  if (archived !== null) lines.push(archivedLine(archived));
  if (unauthenticated > 0) lines.push(`${unauthenticated} records were noted while no key was there`);
  if (torn > 0) lines.push(`${torn} bytes behind the last head are not signed`);
  if (anchors !== null) lines.push(`anchors: it contains all ${anchors.met}`);
  if (anchors !== null && anchors.archived > 0)
    lines.push(
      `${anchors.archived} anchors are of archived records and were NOT LOOKED FOR: name the archive, too`,
    );
  if (anchors !== null && anchors.torn > 0) lines.push(`${anchors.torn} lines of the anchors were cut off`);
  const value = {
    ...{ records, heads, segments, size, root, unauthenticated, torn, archived },
    ...(anchors === null
      ? {}
      : { anchors: anchors.met, archivedAnchors: anchors.archived, tornAnchors: anchors.torn }),
  };
  return { value, lines };
}

function archivedLine({ segments, records, parts }: NonNullable<AuditReport['archived']>): string {
  const places = parts.map(({ from, to, place }) => `segments ${from} to ${to} in ${JSON.stringify(place)}`);
  return `not looked at: the first ${records} records, archived as the vault's key says (segments 1 to ${segments}: ${places.join(', ')}); with --archive DIR they are`;
}
