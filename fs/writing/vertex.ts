/** A part of a vertex that was written, in memory. */
import { vertexBytes } from '../manifest/index-node.js';

export const blockBytes = 4096;
const blocks = vertexBytes / blockBytes;

/** Blocks of a vertex by number, as first and end. */
export type BlockRun = readonly [first: number, end: number];

/** Room for blocks of a vertex that follow each other. */
export class VertexPart {
  readonly bytes: Buffer;
  /** Number of the first of them in the vertex. */
  readonly first: number;
  /** Vertices that have it: states of one file at different times. */
  holders = 1;

  constructor(bytes: Buffer, first: number) {
    this.bytes = bytes;
    this.first = first;
  }

  /** Bytes of the vertex. */
  get start(): number {
    return this.first * blockBytes;
  }
  get end(): number {
    return this.start + this.bytes.length;
  }
}

/**
 * Blocks that were written stand above what the file has there; of the others nothing is known here. Bytes past the end of the file
 * are zero. Who changes one that others hold too takes another, and copies the parts that change.
 */
export class Vertex {
  /** In order, none over another. */
  readonly parts: readonly VertexPart[];
  /** The file as it is now, and frozen states of it. */
  holders = 1;
  #present = 0;
  /** Those of the present ones that the journal does not have. */
  #untold = 0;

  /** @param like the vertex that has the same blocks, but for where they are */
  constructor(parts: readonly VertexPart[], like?: Vertex) {
    this.parts = parts;
    if (like === undefined) return;
    this.#present = like.#present;
    this.#untold = like.#untold;
  }

  /** Bytes of memory. */
  get size(): number {
    let size = 0;
    for (const { bytes } of this.parts) size += bytes.length;
    return size;
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

  /** Whether bytes `from` to `end` can be changed here, and in no other state of the file. */
  owns(from: number, end: number): boolean {
    return this.holders === 1 && this.#partOf(from, end)?.holders === 1;
  }

  /** Bytes `from` to `end` of the vertex. @throws RangeError where no part has room for all of them */
  part(from: number, end: number): Buffer {
    const part = this.#partOf(from, end);
    if (part === undefined) throw new RangeError('there is no room for these bytes');
    return part.bytes.subarray(from - part.start, end - part.start);
  }

  /** Blocks that `from` to `end` touch were written. @param told the journal has them */
  written(from: number, end: number, told = false): void {
    const mask = blocksOf(from, end);
    this.#present |= mask;
    if (told) this.#untold &= ~mask;
    else this.#untold |= mask;
  }

  /** Those that stand here, in order, as bytes `from` to `end`, each within one part. */
  runs(): Iterable<readonly [from: number, end: number]> {
    return this.#runsOf(this.#present);
  }

  /** Bytes that the journal does not have, as {@link runs}. */
  untold(): Iterable<readonly [from: number, end: number]> {
    return this.#runsOf(this.#untold);
  }

  /** As {@link untold}; the journal has them from now on. */
  *tell(): Iterable<readonly [from: number, end: number]> {
    const untold = this.#untold;
    this.#untold = 0;
    yield* this.#runsOf(untold);
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

  /** Everything from byte `from` on is zero; none of it is in another state of the file. */
  cut(from: number): void {
    for (const { bytes, start } of this.parts)
      bytes.fill(0, Math.min(Math.max(0, from - start), bytes.length));
  }

  *#runsOf(mask: number): Iterable<readonly [from: number, end: number]> {
    for (const { start, end } of this.parts)
      for (const [first, last] of runsOf(mask & blocksOf(start, end)))
        yield [first * blockBytes, last * blockBytes];
  }

  #partOf(from: number, end: number): VertexPart | undefined {
    return this.parts.find((part) => part.start <= from && end <= part.end);
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
