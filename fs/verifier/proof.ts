import { SherinError } from '../../common/errors.js';
import { formatCount } from '../../common/format-count.js';
import { formatSherinId } from '../../common/ids.js';
import { type AuditHeadForm, longestProof, parseProof } from '../../common/proof-document.js';
import { NotCanonical } from '../../common/strict-json.js';
import { isoTime } from '../../common/time.js';
import type { VaultKey } from '../../common/vault-key.js';
import { checkProof, NotProven, type Proven } from '../proof/check-proof.js';
import { fileRoot } from '../proof/file-root.js';
import { readInput, type Told, withInput } from './input.js';

/** @throws SherinError PROOF_BROKEN, IO */
export async function verifyProof(path: string, key: VaultKey, content?: string): Promise<Told> {
  const bytes = await readInput(path, longestProof);
  const bad = (part: string): SherinError => new SherinError('PROOF_BROKEN', { path, part });
  let proven: Proven;
  try {
    proven = checkProof(parseProof(bytes), key);
  } catch (error) {
    throw error instanceof NotCanonical || error instanceof NotProven ? bad(error.message) : error;
  }
  if (content === undefined) return told(proven);
  if (proven.kind !== 'object-inclusion') throw bad('it is not about the content of a file');
  const { put } = proven;
  const found = await withInput(content, fileRoot);
  if (found.length !== put.length || !found.root.equals(put.root))
    throw bad(`${content} is not the content that it is about`);
  return told(proven);
}

function told(proven: Proven): Told {
  switch (proven.kind) {
    case 'audit-head':
      return {
        value: { kind: proven.kind, ...counts(proven.head) },
        lines: [`verified: ${headText(proven.head)}`],
      };
    case 'audit-inclusion': {
      const { kind, seq, record, head } = proven;
      const lines = [`verified: record ${seq} of the audit log is one of those of ${headText(head)}`];
      if (record !== null) lines.push(`record: ${record}`);
      return { value: { kind, seq, record, ...counts(head) }, lines };
    }
    case 'audit-consistency': {
      const { kind, from, to } = proven;
      const lines = [`verified: ${headText(to)}, begins with ${headText(from)}`];
      return { value: { kind, from: counts(from), to: counts(to) }, lines };
    }
    case 'object-inclusion': {
      const { kind, put, time, head } = proven;
      const [id, root] = [formatSherinId(put.id), put.root.toString('hex')];
      const lines = [
        `verified: ${id}, ${formatCount(put.length, 'byte')}, stored at ${isoTime(time)}`,
        `object root: ${root}`,
        `head: ${formatCount(head.size, 'record')} of the manifest, ${isoTime(head.time)}`,
      ];
      const value = { kind, id, root, length: put.length, time: String(time) };
      return { value: { ...value, head: { size: head.size, time: String(head.time) } }, lines };
    }
  }
}

function counts({ size, root, time }: AuditHeadForm) {
  return { size, root, time };
}

function headText({ size, time }: AuditHeadForm): string {
  return `the audit log of ${formatCount(size, 'record')}, signed at ${isoTime(BigInt(time))}`;
}
