/** Memory for what was written and is not sealed yet: outside JavaScript's heap, wiped when let go. */
import { system } from '../../native/index.js';
import { vertexBytes } from '../manifest/index-node.js';
import { blockBytes, Vertex, VertexPart } from './vertex.js';

/** Bytes of the parts of a vertex. A part begins at a multiple of its size: of two, either has all of the other or nothing. */
const sizes = [blockBytes, 4 * blockBytes, vertexBytes] as const;
/** Bytes that are allocated together. */
const chunkBytes = 1024 * 1024;
/** Unused chunks that are kept when everything is sealed. */
const keptChunks = 4;

/** Memory that is cut into parts of one size, as long as one of them is in use. */
interface Chunk {
  readonly bytes: Buffer;
  /** Its parts that are not in use. */
  readonly free: Buffer[];
}

export class VertexPool {
  /** Those of which some is in use, by their memory, and by size those of them that have a part left. */
  readonly #chunks = new Map<ArrayBufferLike, Chunk>();
  readonly #open = new Map<number, Set<Chunk>>(sizes.map((size) => [size, new Set()]));
  /** Of no size: whatever is needed next has them. */
  readonly #spare: Buffer[] = [];
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
    if (this.#used === 0) this.#spare.length = Math.min(this.#spare.length, keptChunks);
  }

  /** All zero. @param start byte of the vertex */
  #part(start: number, size: number): VertexPart {
    const open = this.#openOf(size);
    const [chunk = this.#cut(size)] = open;
    const bytes = chunk.free.pop();
    if (bytes === undefined) throw new RangeError('a chunk has no part left');
    if (chunk.free.length === 0) open.delete(chunk);
    this.#used += size;
    return new VertexPart(bytes, start / blockBytes);
  }

  #release(part: VertexPart): void {
    part.holders -= 1;
    if (part.holders > 0) return;
    const { bytes } = part;
    system.wipe(bytes);
    this.#used -= bytes.length;
    const chunk = this.#chunks.get(bytes.buffer);
    if (chunk === undefined) throw new RangeError('a part is of no chunk');
    const open = this.#openOf(bytes.length);
    open.add(chunk);
    chunk.free.push(bytes);
    if (chunk.free.length < chunkBytes / bytes.length) return;
    open.delete(chunk);
    this.#chunks.delete(bytes.buffer);
    this.#spare.push(chunk.bytes);
  }

  #cut(size: number): Chunk {
    const bytes = this.#spare.pop() ?? system.plaintext(chunkBytes);
    const free: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) free.push(bytes.subarray(at, at + size));
    const chunk = { bytes, free };
    this.#chunks.set(bytes.buffer, chunk);
    this.#openOf(size).add(chunk);
    return chunk;
  }

  #openOf(size: number): Set<Chunk> {
    const open = this.#open.get(size);
    if (open === undefined) throw new RangeError(`no vertex has parts of ${size} bytes`);
    return open;
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
