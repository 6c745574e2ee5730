/** Signed heads, and proofs that a record is one of those that a head signs (RFC 9162 section 2.1.3). */
import { constants } from 'node:fs';
import { Frontier, leafHash } from '../../common/merkle.js';
import { inclusionPath, rootFromInclusion, splitPoint } from '../../common/merkle-proofs.js';
import { longestLine } from './event.js';
import { broken } from './fault.js';
import { frontierOf, type HeadLine, lineKind, parseLine } from './line.js';
import { openSegment, type RawLine, rawLines, type TailPosition } from './segment.js';
import { segmentBefore } from './walk.js';

/** A head as it is signed, and its signature, both as they stand in the log. */
export interface SignedHead extends Pick<HeadLine, 'signature'> {
  readonly size: number;
  readonly root: string;
  readonly time: string;
}

export interface RecordProof {
  readonly seq: number;
  /** Leaf hash of the record's line. */
  readonly leaf: Buffer;
  /** From the leaf's sibling to the root's child. */
  readonly path: readonly Buffer[];
  readonly head: SignedHead;
}

/** The head that ends at `position`: the last line there, or the checkpoint of a segment without records. @throws SherinError AUDIT_BROKEN */
export async function readHead(dir: string, { segment, end }: TailPosition): Promise<SignedHead> {
  const file = await openSegment(dir, segment, constants.O_RDONLY);
  try {
    const start = Math.max(0, end - longestLine);
    const bytes = Buffer.alloc(end - start);
    await file.read(bytes, 0, bytes.length, start);
    const line = parseLine(bytes.subarray(bytes.lastIndexOf(10, bytes.length - 2) + 1, bytes.length - 1));
    if ('event' in line) throw broken('its last line is no head');
    const { size, root, time } = 'head' in line ? line.head : line.checkpoint;
    return { size, root, time, signature: line.signature };
  } finally {
    await file.close();
  }
}

/**
 * Reads from the record's segment to the end of the log, which an old record makes long. The proof leads to the head's root, or
 * there is none: `seq` is below its size. @throws SherinError AUDIT_BROKEN
 */
export async function proveRecord(dir: string, position: TailPosition, seq: number): Promise<RecordProof> {
  const head = await readHead(dir, position);
  const walk = new Walk(seq, head.size);
  const first = await segmentBefore(dir, position.segment, seq);
  for (let segment = first; segment <= position.segment && !walk.done; segment++) {
    const file = await openSegment(dir, segment, constants.O_RDONLY);
    try {
      for await (const batch of rawLines(file)) for (const raw of batch) walk.take(raw);
    } finally {
      await file.close();
    }
  }
  const { leaf, path } = walk.finish();
  const root = rootFromInclusion(seq, head.size, leaf, path);
  if (root?.toString('base64') !== head.root) throw broken(`record ${seq} is not one that its head signs`);
  return { seq, leaf, path, head };
}

/** The leaves from a checkpoint to the end of the tree, and of them the hashes that the path is made of. */
class Walk {
  readonly #seq: number;
  readonly #size: number;
  /** Ranges right of the leaf, in their order, each with its root once it was passed. */
  readonly #right: { readonly to: number; readonly from: number; root: Buffer | null }[] = [];
  #left: Frontier | null = null;
  #leaf: Buffer | null = null;
  #at = 0;
  #range = new Frontier();

  constructor(seq: number, size: number) {
    this.#seq = seq;
    this.#size = size;
    inclusionPath(seq, size, (from, to) => {
      if (from > seq) this.#right.unshift({ from, to, root: null });
      return Buffer.alloc(0);
    });
  }

  get done(): boolean {
    return this.#at >= this.#size;
  }

  take(raw: RawLine): void {
    if (this.done) return;
    const kind = raw.overlong ? null : lineKind(raw.bytes);
    if (kind === 'record') this.#record(leafHash(raw.bytes));
    else if (kind === 'checkpoint' && this.#left === null) this.#begin(raw);
  }

  finish(): { readonly leaf: Buffer; readonly path: readonly Buffer[] } {
    const [leaf, left] = [this.#leaf, this.#left];
    if (leaf === null || left === null || !this.done) throw broken('it ends before its head');
    const path = inclusionPath(this.#seq, this.#size, (from) => {
      const root =
        from > this.#seq ? this.#right.find((range) => range.from === from)?.root : before(left, from);
      if (root == null) throw broken('a part of its tree is missing');
      return root;
    });
    return { leaf, path };
  }

  #begin(raw: RawLine): void {
    const line = parseLine(raw.bytes);
    if (!('checkpoint' in line)) throw broken('a segment starts with a checkpoint');
    this.#left = frontierOf(line);
    this.#at = this.#left.size;
  }

  #record(leaf: Buffer): void {
    if (this.#at < this.#seq) this.#left?.append(leaf);
    else if (this.#at === this.#seq) this.#leaf = leaf;
    else this.#append(leaf);
    this.#at += 1;
  }

  #append(leaf: Buffer): void {
    this.#range.append(leaf);
    const range = this.#right.find(({ to }) => to === this.#at + 1);
    if (range === undefined) return;
    range.root = this.#range.root();
    this.#range = new Frontier();
  }
}

/** Of the complete subtrees before a leaf the one that starts at `from`: what stands left of it on its path. */
function before({ size, subtrees }: Frontier, from: number): Buffer | null {
  let start = 0;
  let rest = size;
  for (const subtree of subtrees) {
    if (start === from) return subtree;
    const span = splitPoint(rest + 1);
    [start, rest] = [start + span, rest - span];
  }
  return null;
}
