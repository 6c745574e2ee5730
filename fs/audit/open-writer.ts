/** From the segments that are there to a writer that goes on with the last one. */
import { SherinError } from '../../common/errors.js';
import { verifier } from '../../common/signature.js';
import type { Archived } from './archived.js';
import { broken } from './fault.js';
import type { Chain } from './record.js';
import { type LogHead, type Mac, Replay } from './replay.js';
import { findSegments } from './segments.js';
import { segmentBefore, walkSegment } from './walk.js';
import { SegmentWriter, type WriteDurably } from './writer.js';

export interface OpeningLog {
  /** The vault's `audit/`. */
  readonly dir: string;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
  readonly mac: Mac;
  readonly chain: Chain;
  /** Ed25519 under K_sign. */
  readonly sign: (message: Buffer) => Buffer;
  readonly write: WriteDurably;
  /** Of the manifest's head: the log must contain it. */
  readonly expect: LogHead | null;
  /** Bytes after which a segment ends; for tests. */
  readonly rotateAt?: number;
}

export interface OpenedLog {
  readonly writer: SegmentWriter;
  /** Records without a head, and bytes behind them, that a crash has left. */
  readonly unsigned: number;
  readonly torn: number;
  readonly archived: Archived | null;
  /** Records before the first segment that is there. */
  readonly from: number;
}

/** @throws SherinError AUDIT_BROKEN, FORMAT_NEWER, ROLLBACK */
export async function openWriter(options: OpeningLog): Promise<OpenedLog> {
  const { dir, uuid, publicKey, mac, chain, sign, write, rotateAt } = options;
  const verify = verifier(publicKey);
  // every log contains the head of no records
  const expect = options.expect?.size === 0 ? null : options.expect;
  const means = { uuid, mac, chain, sign, write };
  const { first, last, from, archived } = await findSegments(dir, { uuid, verify });
  const missing = (found: number): SherinError =>
    new SherinError('ROLLBACK', {
      part: `the audit log has ${found} records, the manifest names ${expect?.size ?? 0}`,
    });
  if (last === 0) {
    if (expect !== null) throw missing(0);
    const writer = await SegmentWriter.create(dir, means, rotateAt);
    return { writer, unsigned: 0, torn: 0, archived, from };
  }
  const replay = new Replay({ uuid, verify, mac, thorough: false, expect });
  let segment = expect === null ? last : await segmentBefore(dir, { first, segment: last }, expect.size);
  // The vault's key says of what is archived that it was the beginning of this log.
  const isArchived = expect !== null && expect.size < from && segment === first;
  let end = await walkSegment(dir, segment, segment === last, replay);
  while (segment < last) {
    segment += 1;
    end = await walkSegment(dir, segment, segment === last, replay);
  }
  replay.finish();
  const { frontier, prev, headed, unsigned } = replay;
  if (expect !== null && frontier.size < expect.size) throw missing(frontier.size);
  if (!replay.metExpected && !isArchived)
    throw broken('it does not contain the head that the manifest names');
  const position = { first, segment: last, end: end.end, frontier, prev, headed };
  const writer = await SegmentWriter.resume(dir, means, position, rotateAt);
  return { writer, unsigned, torn: end.torn, archived, from };
}
