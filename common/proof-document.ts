/** Proofs as documents: canonical JSON that whoever has the vault's public key can check (FORMAT.md, "Proofs"). */
import { jcs } from './jcs.js';
import { NotCanonical, parseCanonical } from './strict-json.js';
import { uuidForm } from './vault-key.js';

/** A head of the audit log as it stands there. */
export interface AuditHeadForm {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** Nanoseconds since 1970, decimal. */
  readonly time: string;
  readonly signature: string;
}

interface Facts {
  readonly v: 1;
  /** UUID. */
  readonly vault: string;
}

export interface AuditHeadDocument extends Facts {
  readonly kind: 'audit-head';
  readonly head: AuditHeadForm;
}

export interface AuditInclusionDocument extends Facts {
  readonly kind: 'audit-inclusion';
  readonly seq: number;
  /** Leaf hash of the record's line, base64. */
  readonly leaf: string;
  /** The line itself, where who asked may see all of it. */
  readonly record?: string;
  readonly path: readonly string[];
  readonly head: AuditHeadForm;
}

export interface AuditConsistencyDocument extends Facts {
  readonly kind: 'audit-consistency';
  readonly from: AuditHeadForm;
  readonly to: AuditHeadForm;
  readonly path: readonly string[];
}

export interface ObjectInclusionDocument extends Facts {
  readonly kind: 'object-inclusion';
  /** Sherin ID. */
  readonly id: string;
  /** Of the put record in the manifest's log. */
  readonly index: number;
  /** The record, base64. */
  readonly record: string;
  readonly path: readonly string[];
  /** A tree head: its layout and signature, base64. */
  readonly head: { readonly layout: string; readonly signature: string };
}

export type ProofDocument =
  | AuditHeadDocument
  | AuditInclusionDocument
  | AuditConsistencyDocument
  | ObjectInclusionDocument;

/** Bytes of the longest document: a root node may make a put record long. */
export const longestProof = 128 * 1024;
/** Hashes of a path: a log has fewer than 2^53 records; a consistency proof one more than an inclusion proof. */
const longestPath = 54;

/** A document without its line feed. */
export function proofText(document: ProofDocument): string {
  return jcs(document);
}

/** @throws NotCanonical saying what is wrong with it */
export function parseProof(bytes: Uint8Array): ProofDocument {
  const value = parseCanonical(bytes, longestProof);
  if (value.v !== 1) throw new NotCanonical('its version is not 1');
  const { kind } = value;
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind))
    throw new NotCanonical('it is of no kind that is known');
  kinds[kind as ProofDocument['kind']](value);
  return value as unknown as ProofDocument;
}

type Members = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => void;

const uuid = text(uuidForm, 'vault is no UUID');
const facts = { v: () => undefined, kind: () => undefined, vault: uuid };

const auditHead = object({
  size: count,
  root: base64(32),
  time: (value) => {
    text(/^(0|[1-9]\d{0,18})$/, 'a time is out of bounds')(value);
    if (BigInt(value as string) >= 2n ** 63n) throw new NotCanonical('a time is out of bounds');
  },
  signature: base64(64),
});

const kinds: Readonly<Record<ProofDocument['kind'], (value: Members) => void>> = {
  'audit-head': object({ ...facts, head: auditHead }),
  'audit-inclusion': (value) => {
    const members = { ...facts, seq: count, leaf: base64(32), path: hashes, head: auditHead };
    const record = text(/^\{[^\n]{1,4094}$/, 'its record is no line of a log');
    object(Object.hasOwn(value, 'record') ? { ...members, record } : members)(value);
  },
  'audit-consistency': object({ ...facts, from: auditHead, to: auditHead, path: hashes }),
  'object-inclusion': object({
    ...facts,
    id: text(/^[A-Z0-9_a-z-]{43,58}$/, 'id is no Sherin ID'),
    index: count,
    record: base64(null),
    path: hashes,
    head: object({ layout: base64(192), signature: base64(64) }),
  }),
};

function object(members: Readonly<Record<string, Check>>): (value: unknown) => void {
  const names = Object.keys(members);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new NotCanonical('a member is no object');
    const found = Object.keys(value);
    const missing = names.find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) throw new NotCanonical(`its member ${missing} is missing`);
    if (found.length !== names.length) throw new NotCanonical('it has other members than it should');
    for (const [name, check] of Object.entries(members)) check((value as Members)[name]);
  };
}

function text(form: RegExp, fault: string): Check {
  return (value) => {
    if (typeof value !== 'string' || !form.test(value)) throw new NotCanonical(fault);
  };
}

function count(value: unknown): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new NotCanonical('a number is out of bounds');
}

function base64(length: number | null): Check {
  return (value) => {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : null;
    if (bytes === null || bytes.toString('base64') !== value || (length !== null && bytes.length !== length))
      throw new NotCanonical(
        length === null ? 'a member is not base64' : `a member is not base64 of ${length} bytes`,
      );
  };
}

function hashes(value: unknown): void {
  if (!Array.isArray(value)) throw new NotCanonical('its path is no list');
  if (value.length > longestPath) throw new NotCanonical(`its path has more than ${longestPath} hashes`);
  for (const hash of value) base64(32)(hash);
}
