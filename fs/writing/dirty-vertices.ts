/** The vertices of a file that were written to and are in no version. Who changes one that a frozen state holds too takes a copy. */
import { slotVertices, vertexBytes } from '../manifest/index-node.js';
import { indexesWithin } from './indexes-within.js';
import type { Vertex } from './vertex.js';
import type { VertexPool } from './vertex-pool.js';

/** Whole blocks of a file. */
export interface WrittenRun {
  readonly offset: number;
  readonly bytes: Buffer;
}

export class DirtyVertices {
  readonly #pool: VertexPool;
  readonly #byIndex = new Map<number, Vertex>();
  /** Those that the journal may have to be told of. */
  readonly #untold = new Set<number>();
  #bytes = 0;

  constructor(pool: VertexPool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#byIndex.size;
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that the journal does not have. */
  get untoldBytes(): number {
    let bytes = 0;
    for (const [, vertex] of this.untold()) bytes += vertex.untoldBytes;
    return bytes;
  }

  /** Those that the journal may have to be told of. */
  *untold(): Iterable<readonly [number, Vertex]> {
    for (const index of this.#untold) {
      const vertex = this.#byIndex.get(index);
      if (vertex !== undefined) yield [index, vertex];
    }
  }

  /** What the journal does not have. */
  *untoldRuns(): Iterable<WrittenRun> {
    for (const [index, vertex] of this.untold())
      for (const [from, end] of vertex.untold())
        yield { offset: index * vertexBytes + from, bytes: vertex.part(from, end) };
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

  /** Those that the journal has to be told of, each with one holder more; from now on, those that are written to. */
  takeUntold(): Map<number, Vertex> {
    const taken = new Map<number, Vertex>();
    for (const index of this.#untold) {
      const vertex = this.#byIndex.get(index);
      if (vertex === undefined || vertex.untoldBytes === 0) continue;
      vertex.holders += 1;
      taken.set(index, vertex);
    }
    this.#untold.clear();
    return taken;
  }

  /**
   * Has `fill` put bytes `from` to `end` into a vertex, in which they stand after it. Nothing has changed where it throws.
   * @param fill gets the vertex, which has room for them
   * @param told the journal has them
   */
  write(index: number, from: number, end: number, fill: (vertex: Vertex) => void, told = false): void {
    const known = this.#byIndex.get(index);
    const mine = known?.owns(from, end) === true;
    const vertex = mine ? known : this.#pool.take(from, end, known);
    try {
      fill(vertex);
    } catch (error) {
      if (!mine) this.#pool.release(vertex);
      throw error;
    }
    vertex.written(from, end, told);
    if (!told) this.#untold.add(index);
    if (!mine) this.#put(index, vertex);
  }

  /** The journal has to be told anew of what stands in a slot. */
  untellSlot(slot: number): void {
    for (const [index, vertex] of this.inSlot(slot)) this.#untell(index, vertex);
  }

  /** As {@link untellSlot}, of all of them. */
  untell(): void {
    for (const [index, vertex] of this.#byIndex) this.#untell(index, vertex);
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

  /** Of slots `first` up to `end`. */
  dropSlots(first: number, end: number): void {
    for (const index of indexesWithin(this.#byIndex, first * slotVertices, end * slotVertices)) {
      const vertex = this.#byIndex.get(index);
      if (vertex !== undefined) this.#drop(index, vertex);
    }
  }

  dropAll(): void {
    for (const [index, vertex] of this.#byIndex) this.#drop(index, vertex);
  }

  /** The file has `length` bytes now: what is behind is zero. */
  cut(length: number): void {
    for (const [index, vertex] of this.#byIndex) {
      const keep = length - index * vertexBytes;
      if (keep <= 0) this.#drop(index, vertex);
      else if (keep < vertexBytes) {
        const copy = this.#pool.copy(vertex);
        copy.cut(keep);
        this.#put(index, copy);
      }
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
    for (const [index, { size }] of this.#byIndex) {
      const slot = Math.floor(index / slotVertices);
      counts.set(slot, (counts.get(slot) ?? 0) + size);
    }
    return [...counts].sort(([, a], [, b]) => b - a).map(([slot]) => slot);
  }

  /** Where the first one behind `offset` begins, at most `end`. */
  nextBehind(offset: number, end: number): number {
    let index = Math.floor(offset / vertexBytes) + 1;
    while (index * vertexBytes < end && !this.#byIndex.has(index)) index += 1;
    return Math.min(end, index * vertexBytes);
  }

  #untell(index: number, vertex: Vertex): void {
    vertex.untell();
    this.#untold.add(index);
  }

  /** In the place of the one that was there. */
  #put(index: number, vertex: Vertex): void {
    const before = this.#byIndex.get(index);
    this.#byIndex.set(index, vertex);
    this.#bytes += vertex.size - (before?.size ?? 0);
    if (before !== undefined) this.#pool.release(before);
  }

  #drop(index: number, vertex: Vertex): void {
    this.#byIndex.delete(index);
    this.#bytes -= vertex.size;
    this.#pool.release(vertex);
  }
}
