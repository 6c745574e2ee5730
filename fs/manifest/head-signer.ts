/** Signs heads that name the present header, audit head and counter; refuses a head that names another header. */
import { SherinError } from '../../common/errors.js';
import { emptyRoot } from '../../common/merkle.js';
import { nowNanoseconds } from '../../common/time.js';
import { encodeHead, headMessage, type TreeHead, type UnsignedHead } from './head.js';
import type { ManifestOptions } from './manifest-options.js';

/** What a new head has of its own; the rest stays as in the head before. */
export type HeadChange = Partial<
  Pick<UnsignedHead, 'size' | 'root' | 'snapshotSize' | 'stateRoot' | 'journal'>
>;

export class HeadSigner {
  readonly #options: ManifestOptions;

  constructor(options: ManifestOptions) {
    this.#options = options;
  }

  /** Now in nanoseconds, and always after the last head: a time names one commit. */
  time(last: TreeHead): bigint {
    const time = this.#options.now?.() ?? nowNanoseconds();
    return time > last.time ? time : last.time + 1n;
  }

  sign(last: TreeHead, change: HeadChange, time = this.time(last)): TreeHead {
    const header = this.#options.header();
    const audit = this.#options.auditHead();
    const unsigned: UnsignedHead = {
      ...last,
      ...change,
      time,
      nv: this.#options.counter(),
      headerGeneration: header.generation,
      headerHash: header.hash,
      auditSize: audit.size,
      auditRoot: audit.root,
      journalEpoch: this.#options.journalEpoch?.() ?? last.journalEpoch,
    };
    const signature = this.#options.sign(headMessage(this.#options.uuid, encodeHead(unsigned)));
    return { ...unsigned, signature };
  }
}

/** What the first head follows. */
export const noHead: TreeHead = {
  size: 0,
  root: emptyRoot,
  time: 0n,
  nv: 0n,
  headerGeneration: 0,
  headerHash: Buffer.alloc(32),
  auditSize: 0,
  auditRoot: Buffer.alloc(32),
  snapshotSize: 0,
  stateRoot: Buffer.alloc(32),
  journal: 0,
  journalEpoch: Buffer.alloc(8),
  signature: Buffer.alloc(64),
};

/** @throws SherinError HEADER_STALE */
export function requireHeader(
  head: TreeHead,
  header: { generation: number; hash: Buffer },
  later = false,
): void {
  const same = head.headerGeneration === header.generation;
  if (same && head.headerHash.equals(header.hash)) return;
  // A crash between a changed header and the next head leaves this; who could sign a newer header could sign a head.
  if (header.generation === head.headerGeneration + 1) return;
  if (later && header.generation > head.headerGeneration) return;
  throw new SherinError('HEADER_STALE', {
    found: same ? `${header.generation} with other contents` : header.generation,
    expected: head.headerGeneration,
  });
}
