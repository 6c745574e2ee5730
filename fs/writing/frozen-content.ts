/** The content of a file at one moment, while it is being sealed. */
import type { CubeReader } from '../../native/index.js';
import type { ObjectContent } from '../cube/content.js';
import { fanOut, slotBytes, slotCount, slotVertices, vertexBytes } from '../manifest/index-node.js';
import { type Slot, type SlotRun, slotsAround, type UsedSlot, usedSlots } from '../manifest/object-tree.js';
import type { Holes } from './holes.js';
import type { Marks } from './marks.js';
import { type SealedSlot, type Stored, storedSlot } from './stored.js';
import type { Vertex } from './vertex.js';
import type { VertexPool } from './vertex-pool.js';

export interface FrozenState {
  /** Bytes. */
  readonly length: number;
  readonly base: Stored;
  readonly baseContent: ObjectContent;
  /** Bytes of the base that count. */
  readonly baseLimit: number;
  /** Slots of the base that count as holes. */
  readonly holes: Holes;
  readonly slots: ReadonlyMap<number, SealedSlot>;
  readonly vertices: ReadonlyMap<number, Vertex>;
  /** For the journal; null for what becomes no version. */
  readonly marks: Marks | null;
  /** When it was frozen, in the order of the file's frozen states. */
  readonly moment: number;
}

/** A slot of the state that is no hole: as it is in cubes, or to be encrypted. */
export interface PlannedSlot {
  readonly index: number;
  /** Null where its bytes have to be put together. */
  readonly slot: Slot | null;
}

export class FrozenContent {
  #state: FrozenState;
  /** The vertices that it was frozen with, to tell them from others: of some the memory may be gone. */
  readonly #original: FrozenState['vertices'];
  readonly #pool: VertexPool;
  /** Slots of the base that were asked for last. */
  #run: SlotRun | null = null;
  #released = false;

  constructor(state: FrozenState, pool: VertexPool) {
    this.#state = state;
    this.#original = state.vertices;
    this.#pool = pool;
  }

  get length(): number {
    return this.#state.length;
  }
  get vertices(): ReadonlyMap<number, Vertex> {
    return this.#state.vertices;
  }
  get moment(): number {
    return this.#state.moment;
  }
  get marks(): Marks | null {
    return this.#state.marks;
  }
  /** Reads the cubes of what is under it. */
  get reader(): CubeReader {
    return this.#state.baseContent.grant.reader;
  }
  get slots(): ReadonlyMap<number, SealedSlot> {
    return this.#state.slots;
  }

  /** What it has in cubes: its last version, and slots of its own. */
  *inCubes(): Iterable<Stored> {
    const { base, slots } = this.#state;
    yield base;
    for (const { slot, content } of slots.values()) yield storedSlot(slot, content.size);
  }

  /** Bytes of a slot. */
  slotLength(index: number): number {
    return Math.min(slotBytes, this.length - index * slotBytes);
  }

  *verticesOf(slot: number): Iterable<readonly [number, Vertex]> {
    for (let index = slot * slotVertices; index < (slot + 1) * slotVertices; index++) {
      const vertex = this.#state.vertices.get(index);
      if (vertex !== undefined) yield [index, vertex];
    }
  }

  /** What stands under the written vertices of a slot, as far as it may stand there still; null: nothing that could. */
  slotBefore(index: number, load: (id: Buffer) => Buffer): Slot | null {
    const { base, baseLimit, holes, slots } = this.#state;
    const sealed = slots.get(index);
    const start = index * slotBytes;
    if (sealed !== undefined) return sealed.limit === sealed.content.size ? sealed.slot : null;
    if (holes.has(index)) return null;
    const whole = Math.min(base.length, start + slotBytes);
    if (start >= base.length || baseLimit < whole) return null;
    const first = index - (index % fanOut);
    if (this.#run?.first !== first) this.#run = slotsAround(base.node, index, load);
    return this.#run.slots[index - first] ?? null;
  }

  /** What was written to vertex `vertex` of a slot. */
  written(slot: number, vertex: number): Vertex | undefined {
    return this.#state.vertices.get(slot * slotVertices + vertex);
  }

  /** Whether a slot has a cube in quarantine. */
  refuses(slot: Slot): boolean {
    return this.#state.baseContent.refuses(slot);
  }

  /** Every slot that may hold data, in order. @param load an index node by ID */
  *plan(load: (id: Buffer) => Buffer): Iterable<PlannedSlot> {
    const { base, baseLimit, holes, slots, vertices } = this.#state;
    const changed = new Set([...vertices.keys()].map((index) => Math.floor(index / slotVertices)));
    for (const index of slots.keys()) changed.add(index);
    const above = [...changed].sort((a, b) => a - b);
    let next = 0;
    const count = slotCount(base.length);
    for (const used of usedSlots(base.node, count, load, holes)) {
      if (used.index * slotBytes >= baseLimit) break;
      for (; (above[next] ?? Infinity) < used.index; next++) yield* this.#changed(above[next] ?? 0);
      if (above[next] === used.index) {
        yield* this.#changed(used.index);
        next += 1;
      } else yield this.#kept(used);
    }
    for (; next < above.length; next++) yield* this.#changed(above[next] ?? 0);
  }

  /**
   * Puts the bytes of a slot together.
   * @throws SherinError as ObjectContent.read
   */
  async assemble(index: number, target: Buffer): Promise<void> {
    const first = index * slotVertices;
    const reads: Promise<void>[] = [];
    const written: (readonly [at: number, vertex: Vertex])[] = [];
    let clean = 0;
    const readUpTo = (at: number): void => {
      if (at > clean)
        reads.push(this.#readUnder(index, first * vertexBytes + clean, target.subarray(clean, at)));
    };
    for (let at = 0; at < target.length; at += vertexBytes) {
      const vertex = this.#state.vertices.get(first + at / vertexBytes);
      if (vertex === undefined) continue;
      written.push([at, vertex]);
      const length = Math.min(vertexBytes, target.length - at);
      if (!vertex.has(0, length)) continue;
      readUpTo(at);
      clean = at + length;
    }
    readUpTo(target.length);
    // Wait for all of them: no reader may still write into `target` afterwards.
    for (const result of await Promise.allSettled(reads)) {
      if (result.status === 'rejected') throw result.reason;
    }
    for (const [at, vertex] of written) vertex.copyTo(target.subarray(at, at + vertexBytes));
  }

  /** How many vertices it has in memory that have not changed since another state. */
  unchangedSince(other: FrozenContent): number {
    let count = 0;
    for (const [index, vertex] of this.#state.vertices) if (other.#original.get(index) === vertex) count += 1;
    return count;
  }

  /**
   * An earlier state of the file is a version now: this one stands on that, and has what has changed since. Not while it is being sealed.
   * @param limit bytes of the version that count
   */
  standOn(
    before: FrozenContent,
    { stored, content }: { readonly stored: Stored; readonly content: ObjectContent },
    limit: number,
  ): void {
    const { holes, slots } = this.#state;
    const later = holes.copy();
    later.dropBefore(before.moment);
    const vertices = new Map(this.#state.vertices);
    for (const [index, vertex] of this.#state.vertices) {
      if (before.#original.get(index) !== vertex) continue;
      vertices.delete(index);
      this.#pool.release(vertex);
    }
    this.#state = {
      ...this.#state,
      base: stored,
      baseContent: content,
      baseLimit: Math.min(stored.length, limit),
      holes: later,
      slots: new Map([...slots].filter(([, { moment }]) => moment >= before.moment)),
      vertices,
    };
    this.#run = null;
  }

  /** Keeps what the journal was not told of. @returns what lets go of it */
  holdUntold(): () => void {
    const held = [...this.#state.vertices.values()].filter(({ untoldBytes }) => untoldBytes > 0);
    for (const vertex of held) vertex.holders += 1;
    return () => {
      for (const vertex of held) this.#pool.release(vertex);
    };
  }

  /** Lets go of what it has in memory; harmless twice. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const vertex of this.#state.vertices.values()) this.#pool.release(vertex);
  }

  /** A slot of the base: as it is, if nothing was cut off or added to its end. */
  #kept({ index, slot }: UsedSlot): PlannedSlot {
    const { base, baseLimit } = this.#state;
    const start = index * slotBytes;
    const length = this.slotLength(index);
    const whole = Math.min(slotBytes, base.length - start) === length && baseLimit >= start + length;
    return { index, slot: whole ? slot : null };
  }

  *#changed(index: number): Iterable<PlannedSlot> {
    if (index * slotBytes >= this.length) return;
    const sealed = this.#state.slots.get(index);
    if (sealed !== undefined && [...this.verticesOf(index)].length === 0) {
      const length = this.slotLength(index);
      const whole = sealed.limit === length && sealed.content.size === length;
      yield { index, slot: whole ? sealed.slot : null };
      return;
    }
    yield { index, slot: null };
  }

  async #readUnder(slot: number, at: number, target: Buffer): Promise<void> {
    const { baseLimit, holes, slots } = this.#state;
    const sealed = slots.get(slot);
    const ofBase = holes.has(slot) ? 0 : baseLimit;
    const limit = sealed === undefined ? ofBase : slot * slotBytes + sealed.limit;
    const there = Math.max(0, Math.min(target.length, limit - at));
    target.fill(0, there);
    if (there === 0) return;
    const content = sealed?.content ?? this.#state.baseContent;
    await content.read(sealed === undefined ? at : at - slot * slotBytes, there, target);
  }
}
