/** The whole check of an audit log, offline and with the public key alone. */
import { SherinError } from '../../common/errors.js';
import { verifier } from '../../common/signature.js';
import type { Anchors } from './anchors.js';
import type { ArchivedPart } from './archived.js';
import { broken } from './fault.js';
import { type LogHead, type Mac, Replay } from './replay.js';
import { findSegments, inBothPlaces } from './segments.js';
import { walkSegment } from './walk.js';

export interface VerifyAuditOptions {
  /** The vault's `audit/`. */
  readonly dir: string;
  /** Where segments are that the vault does not have any more. */
  readonly archive?: string | undefined;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
  /** Without it the signed heads alone vouch for the records. */
  readonly mac?: Mac;
  /** A head known from elsewhere, such as the manifest's, that the log must contain. */
  readonly expect?: LogHead | null;
  /** Heads that were kept elsewhere: the log must contain them all. */
  readonly anchors?: Anchors | null;
}

export interface AuditReport {
  /** Of the whole log, archived ones included. */
  readonly segments: number;
  readonly records: number;
  /** What was not looked at, as it is kept elsewhere; null: the log was read from its beginning. */
  readonly archived: {
    readonly segments: number;
    readonly records: number;
    readonly parts: readonly ArchivedPart[];
  } | null;
  readonly heads: number;
  /** Root that the last head signs, and the records it covers. */
  readonly root: Buffer;
  readonly size: number;
  /** Records taken in from `pending.jsonl`: nobody vouches for what they say. */
  readonly unauthenticated: number;
  /** Bytes after the last head's group that a crash or a writer at work left; no proof of anything. */
  readonly torn: number;
}

/** Checks form, chain, MACs, every signed head and every rotation. @throws SherinError AUDIT_BROKEN naming segment and line; ROLLBACK */
export async function verifyAudit(options: VerifyAuditOptions): Promise<AuditReport> {
  const { dir, archive, uuid, publicKey, mac = null, expect = null, anchors = null } = options;
  const verify = verifier(publicKey);
  let unauthenticated = 0;
  const replay = new Replay({
    uuid,
    verify,
    mac,
    thorough: true,
    expect,
    anchors,
    onRecord: (record) => {
      if (record.meta.unauthenticated === true) unauthenticated += 1;
    },
  });
  const { first, last, from, archived } = await findSegments(dir, { uuid, verify });
  if (last === 0) throw broken('it has no segments');
  const begin = archive === undefined ? first : 1;
  const before = begin === 1 ? 0 : from;
  anchors?.begin(before);
  const folder = inBothPlaces(dir, archive ?? dir, first);
  let torn = 0;
  for (let segment = begin; segment <= last; segment++)
    torn = (await walkSegment(folder, segment, segment === last, replay)).torn;
  replay.finish();
  const { frontier, headed, heads } = replay;
  anchors?.end(frontier.size);
  if (expect !== null && frontier.size < expect.size)
    throw new SherinError('ROLLBACK', {
      part: `the audit log has ${frontier.size} records, ${expect.size} are known`,
    });
  return {
    segments: last,
    records: frontier.size,
    archived: begin === 1 ? null : { segments: begin - 1, records: before, parts: archived?.parts ?? [] },
    heads,
    root: headed.root,
    size: headed.size,
    unauthenticated,
    torn,
  };
}
