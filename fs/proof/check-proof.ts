/** Checks proofs with the public key alone: what they claim follows from a head that the vault's key signs. */
import { MalformedBytes } from '../../common/bytes.js';
import { formatSherinId } from '../../common/ids.js';
import { emptyRoot, leafHash } from '../../common/merkle.js';
import { isConsistent, rootFromInclusion } from '../../common/merkle-proofs.js';
import type {
  AuditConsistencyDocument,
  AuditHeadForm,
  AuditInclusionDocument,
  ObjectInclusionDocument,
  ProofDocument,
} from '../../common/proof-document.js';
import { verifier } from '../../common/signature.js';
import { uuidText, type VaultKey } from '../../common/vault-key.js';
import { MalformedLine, parseLine } from '../audit/line.js';
import { headIsSigned } from '../audit/signed-head.js';
import { decodeHead, headMessage, type TreeHead } from '../manifest/head.js';
import { decodeRecord } from '../manifest/record-codec.js';
import type { Put } from '../manifest/records.js';

/** A document of the right form that does not prove what it claims; `message` says why. */
export class NotProven extends Error {}

export interface ProvenObject {
  readonly kind: 'object-inclusion';
  readonly put: Put;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly head: TreeHead;
}

/** What is true now. */
export type Proven =
  | ProvenObject
  | { readonly kind: 'audit-head'; readonly head: AuditHeadForm }
  | {
      readonly kind: 'audit-inclusion';
      readonly seq: number;
      readonly record: string | null;
      readonly head: AuditHeadForm;
    }
  | { readonly kind: 'audit-consistency'; readonly from: AuditHeadForm; readonly to: AuditHeadForm };

/** @throws NotProven */
export function checkProof(document: ProofDocument, key: VaultKey): Proven {
  if (document.vault !== uuidText(key.uuid))
    throw new NotProven(`it is of the vault ${document.vault}, the key of ${uuidText(key.uuid)}`);
  switch (document.kind) {
    case 'audit-head':
      requireSigned(document.head, key);
      return { kind: document.kind, head: document.head };
    case 'audit-inclusion':
      return auditInclusion(document, key);
    case 'audit-consistency':
      return auditConsistency(document, key);
    case 'object-inclusion':
      return objectInclusion(document, key);
  }
}

/** RFC 9162, section 2.1.3.2. */
function auditInclusion(document: AuditInclusionDocument, key: VaultKey): Proven {
  const { seq, record, head } = document;
  requireSigned(head, key);
  const leaf = bytes(document.leaf);
  if (record !== undefined) requireRecord(record, seq, leaf);
  requireInclusion(seq, head.size, leaf, document.path, bytes(head.root));
  return { kind: document.kind, seq, record: record ?? null, head };
}

function requireRecord(record: string, seq: number, leaf: Buffer): void {
  const line = Buffer.from(record, 'utf8');
  if (!leafHash(line).equals(leaf)) throw new NotProven('its record is not the one of its leaf');
  try {
    const parsed = parseLine(line);
    if (!('event' in parsed) || parsed.seq !== seq)
      throw new NotProven(`its record is not record ${seq} of a log`);
  } catch (error) {
    throw error instanceof MalformedLine ? new NotProven(`its record is none: ${error.message}`) : error;
  }
}

/** RFC 9162, section 2.1.4.2; every log begins with the one of no records. */
function auditConsistency(document: AuditConsistencyDocument, key: VaultKey): Proven {
  const { from, to } = document;
  requireSigned(from, key);
  requireSigned(to, key);
  if (from.size > to.size) throw new NotProven('its first head is of more records than its second');
  const path = document.path.map(bytes);
  const [first, second] = [from, to].map(({ size, root }) => ({ size, root: bytes(root) }));
  const follows =
    first === undefined || second === undefined
      ? false
      : first.size === 0
        ? path.length === 0 && first.root.equals(emptyRoot)
        : isConsistent(first, second, path);
  if (!follows) throw new NotProven('its path does not lead from the first head to the second');
  return { kind: document.kind, from, to };
}

function objectInclusion(document: ObjectInclusionDocument, key: VaultKey): ProvenObject {
  const { index } = document;
  const layout = bytes(document.head.layout);
  const signature = bytes(document.head.signature);
  if (!verifier(key.publicKey)(headMessage(key.uuid, layout), signature))
    throw new NotProven('the signature of its head does not verify');
  const record = bytes(document.record);
  try {
    const head = decodeHead(layout, signature);
    requireInclusion(index, head.size, leafHash(record), document.path, head.root);
    const { mutation, time } = decodeRecord(record);
    if (mutation.type !== 'put') throw new NotProven('its record is not of the content of a file');
    if (formatSherinId(mutation.id) !== document.id) throw new NotProven('its record is of another object');
    return { kind: document.kind, put: mutation, time, head };
  } catch (error) {
    throw error instanceof MalformedBytes ? new NotProven(`it is malformed: ${error.message}`) : error;
  }
}

function requireInclusion(
  index: number,
  size: number,
  leaf: Buffer,
  path: readonly string[],
  root: Buffer,
): void {
  if (index >= size) throw new NotProven(`its head is of ${size} records, record ${index} is none of them`);
  if (rootFromInclusion(index, size, leaf, path.map(bytes))?.equals(root) !== true)
    throw new NotProven('its path does not lead to the root that the head signs');
}

function requireSigned(head: AuditHeadForm, { uuid, publicKey }: VaultKey): void {
  if (!headIsSigned(head, uuid, verifier(publicKey)))
    throw new NotProven('the signature of its head does not verify');
}

function bytes(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
