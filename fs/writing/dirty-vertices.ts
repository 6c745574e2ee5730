/** The vertices of a file that were written to and are in no version. Who changes one that a frozen state holds too takes a copy. */
import { slotBytes, vertexBytes } from '../manifest/index-node.js';
import type { Vertex, VertexPool } from './vertex-pool.js';

export const slotVertices = slotBytes / vertexBytes;

export class DirtyVertices {
  readonly #pool: VertexPool;
  readonly #byIndex = new Map<number, Vertex>();

  constructor(pool: VertexPool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#byIndex.size;
  }

  get(index: number): Vertex | undefined {
    return this.#byIndex.get(index);
  }

  has(index: number): boolean {
    return this.#byIndex.has(index);
  }

  keys(): Iterable<number> {
    return this.#byIndex.keys();
  }

  all(): Iterable<readonly [number, Vertex]> {
    return this.#byIndex;
  }

  /** One that may be changed; undefined where it is not dirty. */
  own(index: number): Vertex | undefined {
    const known = this.#byIndex.get(index);
    return known === undefined || known.holders === 1 ? known : this.#copy(index, known);
  }

  /** A new one, once `fill` has put into it what it stands above. */
  async add(index: number, fill: (bytes: Buffer) => Promise<void>): Promise<Vertex> {
    const vertex = this.#pool.take();
    try {
      await fill(vertex.bytes);
    } catch (error) {
      this.#pool.release(vertex);
      throw error;
    }
    this.#byIndex.set(index, vertex);
    return vertex;
  }

  /** Those of now, each with one holder more. */
  hold(): ReadonlyMap<number, Vertex> {
    for (const vertex of this.#byIndex.values()) vertex.holders += 1;
    return new Map(this.#byIndex);
  }

  /** Drops a vertex if it is still this one. */
  dropSame(index: number, vertex: Vertex): void {
    if (this.#byIndex.get(index) === vertex) this.#drop(index, vertex);
  }

  dropSlot(slot: number): void {
    for (const [index, vertex] of [...this.inSlot(slot)]) this.#drop(index, vertex);
  }

  dropAll(): void {
    for (const [index, vertex] of this.#byIndex) this.#drop(index, vertex);
  }

  /** The file has `length` bytes now: what is behind is zero. */
  cut(length: number): void {
    for (const [index, vertex] of this.#byIndex) {
      const keep = length - index * vertexBytes;
      if (keep <= 0) this.#drop(index, vertex);
      else if (keep < vertexBytes) this.own(index)?.bytes.fill(0, keep);
    }
  }

  *inSlot(slot: number): Iterable<readonly [number, Vertex]> {
    for (let index = slot * slotVertices; index < (slot + 1) * slotVertices; index++) {
      const vertex = this.#byIndex.get(index);
      if (vertex !== undefined) yield [index, vertex];
    }
  }

  /** Slots that have some, those with most first. */
  slots(): number[] {
    const counts = new Map<number, number>();
    for (const index of this.#byIndex.keys()) {
      const slot = Math.floor(index / slotVertices);
      counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
    return [...counts].sort(([, a], [, b]) => b - a).map(([slot]) => slot);
  }

  /** Where the first one behind `offset` begins, at most `end`. */
  nextBehind(offset: number, end: number): number {
    let index = Math.floor(offset / vertexBytes) + 1;
    while (index * vertexBytes < end && !this.#byIndex.has(index)) index += 1;
    return Math.min(end, index * vertexBytes);
  }

  #copy(index: number, shared: Vertex): Vertex {
    const vertex = this.#pool.take();
    shared.bytes.copy(vertex.bytes);
    vertex.unjournaled = shared.unjournaled;
    this.#pool.release(shared);
    this.#byIndex.set(index, vertex);
    return vertex;
  }

  #drop(index: number, vertex: Vertex): void {
    this.#byIndex.delete(index);
    this.#pool.release(vertex);
  }
}
