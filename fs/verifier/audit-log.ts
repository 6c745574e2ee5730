import type { FileHandle } from 'node:fs/promises';
import { SherinError } from '../../common/errors.js';
import { formatCount } from '../../common/format-count.js';
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
    `audit log verified: ${formatCount(records, 'record')}, ${formatCount(heads, 'signed head')}, ${formatCount(segments, 'segment')}`,
    `root: ${root} over ${formatCount(size, 'record')}`,
  ];
  if (archived !== null) lines.push(archivedLine(archived));
  if (unauthenticated > 0)
    lines.push(`${formatCount(unauthenticated, 'record')} noted while no key was there`);
  if (torn > 0) lines.push(`not signed: ${formatCount(torn, 'byte')} behind the last head`);
  if (anchors !== null) lines.push(`anchors: it contains all ${anchors.met}`);
  if (anchors !== null && anchors.archived > 0)
    lines.push(
      `NOT LOOKED FOR: ${formatCount(anchors.archived, 'anchor')} of archived records; name the archive, too`,
    );
  if (anchors !== null && anchors.torn > 0)
    lines.push(`cut off: ${formatCount(anchors.torn, 'line')} of the anchors`);
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
  return `not looked at: the first ${formatCount(records, 'record')}, archived as the vault's key says (segments 1 to ${segments}: ${places.join(', ')}); with --archive DIR they are`;
}
