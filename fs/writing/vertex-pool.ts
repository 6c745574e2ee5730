/** Memory for what was written and is not sealed yet: outside JavaScript's heap, wiped when let go. */
import { system } from '../../native/index.js';
import { vertexBytes } from '../manifest/index-node.js';
import { blockBytes, Vertex } from './vertex.js';

/** Bytes of the parts of a vertex that have memory of their own. */
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

  /** One with one holder and room for bytes `from` to `end` at least, all zero. */
  take(from: number, end: number): Vertex {
    const size =
      sizes.find((some) => Math.floor(from / some) === Math.floor((end - 1) / some)) ?? vertexBytes;
    const free = this.#freeOf(size);
    if (free.length === 0) {
      const chunk = system.plaintext(chunkBytes);
      for (let at = 0; at < chunk.length; at += size) free.push(chunk.subarray(at, at + size));
    }
    const bytes = free.pop() ?? system.plaintext(size);
    this.#used += size;
    return new Vertex(bytes, (Math.floor(from / size) * size) / blockBytes);
  }

  /** One holder less; the last one has it wiped. */
  release(vertex: Vertex): void {
    vertex.holders -= 1;
    if (vertex.holders > 0) return;
    const { bytes } = vertex;
    system.wipe(bytes);
    this.#used -= bytes.length;
    this.#freeOf(bytes.length).push(bytes);
    if (this.#used > 0) return;
    for (const [size, free] of this.#free) free.length = Math.min(free.length, keptBytes / size);
  }

  #freeOf(size: number): Buffer[] {
    const free = this.#free.get(size);
    if (free === undefined) throw new RangeError(`no vertex has parts of ${size} bytes`);
    return free;
  }
}
