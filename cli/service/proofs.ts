/** Proofs as sherinctl prints them, and heads as it is given them. */
import { closeSync, openSync, readSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { formatCount } from '../../common/format-count.js';
import { reason } from '../../common/local-error.js';
import {
  type AuditHeadForm,
  longestProof,
  type ProofDocument,
  parseProof,
  proofText,
} from '../../common/proof-document.js';
import { NotCanonical } from '../../common/strict-json.js';
import type { Output } from '../output/output.js';

/** With `--json` the document byte for byte as it is checked, else what `human` prints. */
export function printProof(document: ProofDocument, output: Output, human: () => void): void {
  if (output.json) output.line(proofText(document));
  else human();
}

/** A head that somebody named: by its size alone, or in a file. */
export type NamedHead = Partial<AuditHeadForm> & Pick<AuditHeadForm, 'size'>;

/** @throws SherinError USAGE where it is neither a number nor a file with a head */
export function namedHead(name: string): NamedHead {
  if (/^\d{1,15}$/.test(name)) return { size: Number(name) };
  const bad = (part: string): SherinError =>
    new SherinError('USAGE', {
      what: `${name} is neither a number of records nor a file with a head: ${part}`,
    });
  try {
    const document = parseProof(firstBytes(name));
    if (document.kind !== 'audit-head') throw bad('it is of another kind');
    return document.head;
  } catch (error) {
    if (error instanceof SherinError) throw error;
    throw bad(error instanceof NotCanonical ? error.message : reason(error));
  }
}

/** The head itself: as it was named, or as the log has it. @throws SherinError USAGE where the log has none of its size */
export function wholeHead(named: NamedHead, found: AuditHeadForm | null): AuditHeadForm {
  const { size, root, time, signature } = named;
  if (root !== undefined && time !== undefined && signature !== undefined)
    return { size, root, time, signature };
  if (found !== null) return found;
  throw new SherinError('USAGE', { what: `no head of ${formatCount(size, 'record')} was ever signed` });
}

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(longestProof + 1);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}
