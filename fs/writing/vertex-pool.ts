/** Memory for what was written and is not sealed yet: vertices of 64 KiB, outside JavaScript's heap, wiped when let go. */
import { system } from '../../native/index.js';
import { vertexBytes } from '../manifest/index-node.js';

/** Vertices that are allocated together. */
const chunkVertices = 16;
/** Unused vertices that are kept when everything is sealed. */
const keptVertices = 64;

/** Bytes past the end of the file are zero. Who changes one that others hold too takes a copy. */
export interface Vertex {
  readonly bytes: Buffer;
  /** The file as it is now, and frozen states of it. */
  holders: number;
  /** 4 KiB blocks that the journal does not have, bit 0 for the first. */
  unjournaled: number;
}

export const blockBytes = 4096;
export const allBlocks = 0xffff;

/** Bytes `from`…`from + count` of a vertex were written. */
export function markWritten(vertex: Vertex, from: number, count: number): void {
  const first = Math.floor(from / blockBytes);
  const end = Math.ceil((from + count) / blockBytes);
  vertex.unjournaled |= (1 << end) - (1 << first);
}

export class VertexPool {
  readonly #free: Buffer[] = [];
  #used = 0;

  /** Bytes that are in use. */
  get bytes(): number {
    return this.#used * vertexBytes;
  }

  /** A zeroed vertex with one holder. */
  take(): Vertex {
    if (this.#free.length === 0) this.#allocate();
    const bytes = this.#free.pop() ?? system.plaintext(vertexBytes);
    this.#used += 1;
    return { bytes, holders: 1, unjournaled: 0 };
  }

  /** One holder less; the last one has it wiped. */
  release(vertex: Vertex): void {
    vertex.holders -= 1;
    if (vertex.holders > 0) return;
    system.wipe(vertex.bytes);
    this.#used -= 1;
    this.#free.push(vertex.bytes);
    if (this.#used === 0) this.#free.length = Math.min(this.#free.length, keptVertices);
  }

  #allocate(): void {
    const chunk = system.plaintext(chunkVertices * vertexBytes);
    for (let at = 0; at < chunk.length; at += vertexBytes)
      this.#free.push(chunk.subarray(at, at + vertexBytes));
  }
}
