/** Memory for what was written and is not sealed yet: outside JavaScript's heap, wiped when let go. */
import { system } from '../../native/index.js';
import { vertexBytes } from '../manifest/index-node.js';
import { blockBytes, Vertex, VertexPart } from './vertex.js';

/** Bytes of the parts of a vertex. A part begins at a multiple of its size: of two, either has all of the other or nothing. */
const sizes = [blockBytes, 4 * blockBytes, vertexBytes] as const;
/** Bytes that are allocated together. */
const chunkBytes = 1024 * 1024;
/** Unused bytes of each size that are kept when everything is sealed. */
const keptBytes = 4 * 1024 * 1024;

export class VertexPool {
  readonly #free = new Map<number, Buffer[]>(sizes.map((size) => [size, []]));
  #used = 0;

  /** Bytes that are in use. */
  get bytes(): number {
    return this.#used;
  }

  /**
   * One with one holder, and with one part of its own that has room for bytes `from` to `end` at least.
   * @param known it has all that this one has; it shares the other parts with it
   */
  take(from: number, end: number, known?: Vertex): Vertex {
    const parts = known?.parts ?? [];
    const [start, size] = roomFor(from, end, parts);
    const isWithin = (part: VertexPart): boolean => part.start >= start && part.end <= start + size;
    const own = this.#part(start, size);
    for (const part of parts.filter(isWithin)) part.bytes.copy(own.bytes, part.start - start);
    const others = parts.filter((part) => !isWithin(part));
    for (const part of others) part.holders += 1;
    return new Vertex(
      [...others, own].sort((a, b) => a.first - b.first),
      known,
    );
  }

  /** A copy with one holder, which shares nothing. */
  copy(known: Vertex): Vertex {
    const parts = known.parts.map(({ start, bytes }) => {
      const part = this.#part(start, bytes.length);
      bytes.copy(part.bytes);
      return part;
    });
    return new Vertex(parts, known);
  }

  /** One holder less; with the last one goes what it shares with no other. */
  release(vertex: Vertex): void {
    vertex.holders -= 1;
    if (vertex.holders > 0) return;
    for (const part of vertex.parts) this.#release(part);
    if (this.#used > 0) return;
    for (const [size, free] of this.#free) free.length = Math.min(free.length, keptBytes / size);
  }

  /** All zero. @param start byte of the vertex */
  #part(start: number, size: number): VertexPart {
    const free = this.#freeOf(size);
    if (free.length === 0) {
      const chunk = system.plaintext(chunkBytes);
      for (let at = 0; at < chunk.length; at += size) free.push(chunk.subarray(at, at + size));
    }
    const bytes = free.pop() ?? system.plaintext(size);
    this.#used += size;
    return new VertexPart(bytes, start / blockBytes);
  }

  #release(part: VertexPart): void {
    part.holders -= 1;
    if (part.holders > 0) return;
    const { bytes } = part;
    system.wipe(bytes);
    this.#used -= bytes.length;
    this.#freeOf(bytes.length).push(bytes);
  }

  #freeOf(size: number): Buffer[] {
    const free = this.#free.get(size);
    if (free === undefined) throw new RangeError(`no vertex has parts of ${size} bytes`);
    return free;
  }
}

/**
 * Where a part begins and its bytes, for bytes `from` to `end`: the least that has all of them and of each part what it touches, or a
 * larger one of which more than half is in use with it.
 */
function roomFor(
  from: number,
  end: number,
  parts: readonly VertexPart[],
): readonly [start: number, size: number] {
  let room: readonly [start: number, size: number] | null = null;
  for (const size of sizes) {
    const start = Math.floor(from / size) * size;
    if (end > start + size) continue;
    const touched = parts.filter((part) => part.start < start + size && part.end > start);
    const larger = touched.some(({ bytes }) => bytes.length > size);
    if (larger) continue;
    if (room === null) {
      room = [start, size];
      continue;
    }
    const [mine, own] = room;
    const beside = touched.filter((part) => part.end <= mine || part.start >= mine + own);
    const used = beside.reduce((sum, { bytes }) => sum + bytes.length, own);
    if (used > size / 2) room = [start, size];
  }
  return room ?? [0, vertexBytes];
}
