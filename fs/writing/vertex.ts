/** A part of a vertex that was written, in memory. */
import { vertexBytes } from '../manifest/index-node.js';

export const blockBytes = 4096;
const blocks = vertexBytes / blockBytes;

/** Blocks of a vertex by number, as first and end. */
export type BlockRun = readonly [first: number, end: number];

/**
 * Blocks that were written stand above what the file has there; of the others nothing is known here. Bytes past the end of the file
 * are zero. Who changes one that others hold too takes a copy.
 */
export class Vertex {
  /** Room for some of the blocks, from `first` on. */
  readonly bytes: Buffer;
  readonly first: number;
  /** The file as it is now, and frozen states of it. */
  holders = 1;
  #present = 0;
  /** Those of the present ones that the journal does not have. */
  #untold = 0;

  constructor(bytes: Buffer, first: number) {
    this.bytes = bytes;
    this.first = first;
  }

  /** Blocks that stand here, bit 0 for the first of the vertex. */
  get present(): number {
    return this.#present;
  }

  /** Bytes that the journal does not have. */
  get untoldBytes(): number {
    return blockBytes * countBits(this.#untold);
  }

  /** Whether bytes `from` to `end` all stand here. */
  has(from: number, end: number): boolean {
    const mask = blocksOf(from, end);
    return (this.#present & mask) === mask;
  }

  /** Whether there is room for bytes `from` to `end`. */
  fits(from: number, end: number): boolean {
    const start = this.first * blockBytes;
    return from >= start && end <= start + this.bytes.length;
  }

  /** Bytes `from` to `end` of the vertex, which fit. */
  part(from: number, end: number): Buffer {
    const start = this.first * blockBytes;
    return this.bytes.subarray(from - start, end - start);
  }

  /** Blocks that `from` to `end` touch were written. @param told the journal has them */
  written(from: number, end: number, told = false): void {
    const mask = blocksOf(from, end);
    this.#present |= mask;
    if (told) this.#untold &= ~mask;
    else this.#untold |= mask;
  }

  /** Those that stand here, as bytes `from` to `end`. */
  *runs(): Iterable<readonly [from: number, end: number]> {
    for (const [first, end] of runsOf(this.#present)) yield [first * blockBytes, end * blockBytes];
  }

  /** Bytes that the journal does not have. */
  *untold(): Iterable<readonly [from: number, end: number]> {
    for (const [first, end] of runsOf(this.#untold)) yield [first * blockBytes, end * blockBytes];
  }

  /** As {@link untold}; the journal has them from now on. */
  *tell(): Iterable<readonly [from: number, end: number]> {
    const untold = this.#untold;
    this.#untold = 0;
    for (const [first, end] of runsOf(untold)) yield [first * blockBytes, end * blockBytes];
  }

  /** The journal has to be told all of it again. */
  untell(): void {
    this.#untold = this.#present;
  }

  /**
   * Reads from byte `from` of the vertex on: at once what stands here, and by `under` what does not.
   * @returns the reads that are under way
   */
  read(
    from: number,
    target: Buffer,
    under: (from: number, target: Buffer) => Promise<void>,
  ): Promise<void>[] {
    const end = from + target.length;
    const reads: Promise<void>[] = [];
    let at = from;
    const readGap = (until: number): void => {
      if (until > at) reads.push(under(at, target.subarray(at - from, until - from)));
    };
    for (const [first, last] of this.runs()) {
      if (last <= from || first >= end) continue;
      const [start, until] = [Math.max(first, from), Math.min(last, end)];
      readGap(start);
      this.part(start, until).copy(target, start - from);
      at = until;
    }
    readGap(end);
    return reads;
  }

  /** Puts what stands here over the bytes of the vertex that `target` begins with. */
  copyTo(target: Buffer): void {
    for (const [from, end] of this.runs())
      if (from < target.length) this.part(from, Math.min(end, target.length)).copy(target, from);
  }

  /** Has what another has. */
  take(other: Vertex): void {
    for (const [from, end] of other.runs()) other.part(from, end).copy(this.part(from, end));
    this.#present = other.#present;
    this.#untold = other.#untold;
  }

  /** Everything from byte `from` on is zero. */
  cut(from: number): void {
    const start = this.first * blockBytes;
    this.bytes.fill(0, Math.min(Math.max(0, from - start), this.bytes.length));
  }
}

/**
 * Blocks of which bytes `from` to `end` cover a part only, over what is known beneath alone: where they begin.
 * @param known what stands there of the vertex
 * @param last where the file ends, by the beginning of the vertex
 */
export function brokenBlocks(
  known: Vertex | undefined,
  { from, end, last }: { readonly from: number; readonly end: number; readonly last: number },
): number[] {
  const broken: number[] = [];
  for (const at of [from, end - 1]) {
    const block = at - (at % blockBytes);
    const covered = from <= block && end >= Math.min(block + blockBytes, last);
    if (!covered && block < last && known?.has(block, block + blockBytes) !== true) broken.push(block);
  }
  return broken;
}

function blocksOf(from: number, end: number): number {
  return (1 << Math.ceil(end / blockBytes)) - (1 << Math.floor(from / blockBytes));
}

function* runsOf(mask: number): Iterable<BlockRun> {
  for (let bit = 0; bit < blocks; bit++) {
    if ((mask & (1 << bit)) === 0) continue;
    const first = bit;
    while ((mask & (1 << (bit + 1))) !== 0) bit += 1;
    yield [first, bit + 1];
  }
}

function countBits(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count += 1;
  return count;
}
