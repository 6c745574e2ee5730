/** The content of a file that was written to: what its last version has, with dirty vertices and sealed slots above it. */
import type { ObjectContent } from '../cube/content.js';
import { slotBytes, slotCount, storedLength, vertexBytes } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';
import type { WriteSource } from '../mount/source.js';
import { type DataRange, rangesOf } from './data-ranges.js';
import { DirtyVertices, type WrittenRun } from './dirty-vertices.js';
import type { FrozenContent, FrozenState } from './frozen-content.js';
import { FrozenStates } from './frozen-states.js';
import { Holes } from './holes.js';
import type { Marks, Untold } from './marks.js';
import type { SealedSlot, Stored } from './stored.js';
import { type Placed, StoredLayers } from './stored-layers.js';
import { blockBytes, brokenBlocks, type Vertex } from './vertex.js';
import type { VertexPool } from './vertex-pool.js';

export interface ContentParts {
  readonly pool: VertexPool;
  readonly open: (stored: Stored) => ObjectContent;
}

export class UnsealedContent {
  /** Bytes. */
  length: number;
  readonly #parts: ContentParts;
  readonly #layers: StoredLayers;
  readonly #dirty: DirtyVertices;
  readonly #frozen = new FrozenStates();
  #moment = 0;
  /** What the journal has to be told beside written blocks. */
  #cut: number;
  #newHoles = new Holes();
  #newSlots = new Set<number>();
  readonly #left = new Set<number>();
  #turn: Promise<unknown> = Promise.resolve();
  /** That wait for their turn or have it. */
  #steps = 0;
  /** Has blocks come here that are written elsewhere. */
  #recall: (() => void) | null = null;

  constructor(base: Stored, parts: ContentParts) {
    this.#parts = parts;
    this.#dirty = new DirtyVertices(parts.pool);
    this.#layers = new StoredLayers(base, parts.open);
    this.length = base.length;
    this.#cut = base.length;
  }

  /** Nothing differs from the last version, and no step is under way that may change that. */
  get clean(): boolean {
    return this.#steps === 0 && !this.differs;
  }

  /** Something differs from the last version. */
  get differs(): boolean {
    return this.#vertices.size > 0 || this.#frozen.size > 0 || !this.#layers.isVersion(this.length);
  }

  /** Some of it is in cubes that are in no version. */
  get standsOnCubes(): boolean {
    return this.#layers.slots.size > 0;
  }

  /** Bytes of memory. */
  get dirtyBytes(): number {
    return this.#vertices.bytes;
  }

  /** Written bytes that the journal does not have. */
  get untoldBytes(): number {
    return this.#vertices.untoldBytes;
  }

  /** Bytes that are not known to be holes: never too few. */
  get stored(): number {
    return Math.min(this.length, this.#layers.bytes + this.#vertices.bytes);
  }

  /** Steps that change content go one after another; each sees what the one before has left. */
  inTurn<T>(step: () => Promise<T> | T): Promise<T> {
    this.#recall?.();
    this.#steps += 1;
    const run = this.#turn.then(step).finally(() => {
      this.#steps -= 1;
    });
    this.#turn = run.catch(() => undefined);
    return run;
  }

  /** In turn; a part whose source throws stays as it was. @throws SherinError when what stands beside the written bytes can not be read */
  async write(offset: number, count: number, source: WriteSource): Promise<void> {
    const end = offset + count;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / vertexBytes);
      const start = index * vertexBytes;
      const part = Math.min(end, start + vertexBytes) - at;
      await this.#writePart(index, at - start, part, (target, to) => source(at - offset, part, target, to));
      at += part;
    }
  }

  /** In turn. What comes after a shorter length is zero when the file grows again. */
  truncate(length: number): void {
    if (length < this.length) {
      this.#vertices.cut(length);
      this.#layers.cut(length);
      this.#newHoles.cut(slotCount(length));
      this.#frozen.cut(length);
      this.#cut = Math.min(this.#cut, length);
    }
    this.length = length;
  }

  /** In turn: zeros from `offset`, within the file; whole slots become holes. */
  async zero(offset: number, count: number): Promise<void> {
    const end = Math.min(offset + count, this.length);
    const first = Math.ceil(offset / slotBytes);
    const last = end === this.length ? slotCount(end) : Math.floor(end / slotBytes);
    if (first >= last) {
      await this.#writeZeros(offset, end);
      return;
    }
    await this.#writeZeros(offset, first * slotBytes);
    this.#makeHoles(first, last);
    await this.#writeZeros(last * slotBytes, end);
  }

  /** Bytes read; fewer only at the end. @throws SherinError as ObjectContent.read */
  async read(offset: number, length: number, target: Buffer): Promise<number> {
    const end = Math.min(offset + length, this.length);
    const reads: Promise<void>[] = [];
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / vertexBytes);
      const vertex = this.#vertices.get(index);
      if (vertex === undefined) {
        const until = this.#vertices.nextBehind(at, end);
        reads.push(this.#layers.read(at, target.subarray(at - offset, until - offset)));
        at = until;
        continue;
      }
      const start = index * vertexBytes;
      const until = Math.min(end, start + vertexBytes);
      const part = target.subarray(at - offset, until - offset);
      reads.push(...vertex.read(at - start, part, (from, gap) => this.#layers.read(start + from, gap)));
      at = until;
    }
    // All of them: nothing may be written into `target` after the answer.
    for (const result of await Promise.allSettled(reads)) {
      if (result.status === 'rejected') throw result.reason;
    }
    return Math.max(0, end - offset);
  }

  /** Where there is data, in order; slots count as wholes, written vertices as what they are. @param load an index node by ID */
  *dataRanges(load: (id: Buffer) => Buffer): Iterable<DataRange> {
    yield* rangesOf(this.#layers.dataSlots(load), this.#vertices, this.length);
  }

  /** The state as it is now, which stays as it is while the file goes on. */
  freeze(make: (state: FrozenState) => FrozenContent, marks: Marks | null = null): FrozenContent {
    const state = make({
      length: this.length,
      ...this.#layers.freeze(),
      vertices: this.#vertices.hold(),
      marks,
      moment: this.#moment++,
    });
    if (marks !== null) this.#left.clear();
    this.#frozen.add(state);
    return state;
  }

  /** A frozen state is a version now; what has not changed since need not be kept. States come in the order they were frozen. */
  sealed(state: FrozenContent, stored: Stored): void {
    this.#frozen.sealed(state, stored, this.#parts.open);
    const length = this.#frozen.remove(state);
    if (length === null) return;
    for (const [index, vertex] of state.vertices) this.#vertices.dropSame(index, vertex);
    this.#layers.sealed(stored, length, state.moment);
  }

  /** What the journal has to be told beside written blocks; from now on, what comes after. */
  takeMarks(): Marks {
    const marks = { cut: this.#cut, holes: this.#newHoles, slots: this.#newSlots };
    this.#cut = this.length;
    this.#newHoles = new Holes();
    this.#newSlots = new Set();
    return marks;
  }

  /**
   * Blocks within its length are written elsewhere from now on, until `recall`, which is called before anything looks at written
   * blocks or changes them; it has to say {@link takeBack}.
   * @returns blocks that the journal was not told of; null: it would have to be told of more than blocks, or a step is under way
   */
  lend(recall: () => void): readonly WrittenRun[] | null {
    if (this.#steps > 0 || this.#cut < this.length || this.#newSlots.size > 0 || this.#newHoles.size > 0)
      return null;
    this.#recall = recall;
    return [...this.#dirty.untoldRuns()];
  }

  /** A block that was written elsewhere. @param told the journal has it */
  takeBlock(offset: number, told: boolean, fill: (target: Buffer) => void): void {
    const index = Math.floor(offset / vertexBytes);
    const from = offset - index * vertexBytes;
    const end = from + blockBytes;
    this.#dirty.write(index, from, end, (vertex) => fill(vertex.part(from, end)), told);
  }

  /** Nothing is written elsewhere any more. */
  takeBack(): void {
    this.#recall = null;
  }

  /** What the journal was not told of, as it is now; its vertices are held until they are released. */
  takeUntold(): Untold {
    const vertices = this.#vertices.takeUntold();
    const marks = this.takeMarks();
    const slots = new Map<number, SealedSlot>();
    for (const index of marks.slots) {
      const sealed = this.#layers.slots.get(index);
      if (sealed !== undefined) slots.set(index, sealed);
    }
    const release = (): void => {
      for (const vertex of vertices.values()) this.#parts.pool.release(vertex);
    };
    return { length: this.length, slots, vertices, marks, release };
  }

  /** The journal has to be told of all that stands above the last version, as it is now. */
  untell(): void {
    this.#vertices.untell();
    const { cut, holes, slots } = this.#layers.aboveVersion();
    this.#cut = Math.min(cut, this.length);
    this.#newHoles = holes;
    this.#newSlots = slots;
  }

  /** A slot as it stands in cubes, as far as the file reaches; null where some of it does not. @param load an index node by ID */
  slotAt(index: number, load: (id: Buffer) => Buffer): Slot | null {
    const [written] = this.#vertices.inSlot(index);
    return written === undefined ? this.#layers.slotAt(index, this.length, load) : null;
  }

  /** A slot stands in cubes, of which it has `limit` bytes. */
  placeSlot(index: number, slot: Slot, limit: number): void {
    this.#vertices.dropSlots(index, index + 1);
    // As much as it has, of which some may be cut off: it is no whole slot then.
    const length = Math.max(limit, storedLength(slot));
    this.#place(index, slot, { length, limit, moment: this.#moment++ });
    this.length = Math.max(this.length, index * slotBytes + limit);
  }

  /** From the journal: slots `first` up to `end` are holes, as far as the file reaches. */
  placeHoles(first: number, end: number): void {
    const last = Math.min(end, slotCount(this.length));
    if (first < last) this.#makeHoles(first, last);
  }

  /** A frozen state is given up. */
  thaw(state: FrozenContent): void {
    this.#frozen.remove(state);
  }

  /** Slots with dirty vertices, those that are all dirty first, but for what was {@link left}. */
  dirtySlots(): number[] {
    return this.#vertices.slots().filter((slot) => !this.#left.has(slot));
  }

  /** A slot stands on what can not be read, and stays in memory until another version is tried. */
  left(slot: number): void {
    this.#left.add(slot);
  }

  /** Slots of a frozen state are in cubes, without being a version; vertices that have changed since stay above. */
  storedAhead(state: FrozenContent, slots: ReadonlyMap<number, Slot>): void {
    const cut = this.#frozen.remove(state);
    if (cut === null) return;
    for (const [index, slot] of slots) {
      const start = index * slotBytes;
      const length = Math.min(slotBytes, state.length - start);
      const limit = Math.min(length, cut - start);
      const standing = [...state.verticesOf(index)].filter(
        ([at, vertex]) => this.#vertices.get(at) === vertex,
      );
      // None where all of it was changed, or came into a version, meanwhile.
      if (standing.length === 0) continue;
      for (const [at, vertex] of standing) this.#vertices.dropSame(at, vertex);
      // The journal is told of the slot before what stands above it.
      this.#vertices.untellSlot(index);
      if (limit <= 0) continue;
      this.#place(index, slot, { length, limit, moment: state.moment });
    }
  }

  /** Slots that it has in cubes and in no version, those included that are being sealed. */
  *aheadSlots(): Iterable<Slot> {
    for (const { slot } of this.#layers.slots.values()) yield slot;
    for (const state of this.#frozen) for (const { slot } of state.slots.values()) yield slot;
  }

  /** What it has in cubes: its last version, slots that are in none, and what is being sealed. */
  *inCubes(): Iterable<Stored> {
    yield* this.#layers.inCubes();
    for (const state of this.#frozen) yield* state.inCubes();
  }

  /** Lets go of all that is in memory. */
  discard(): void {
    this.#vertices.dropAll();
    this.#layers.discard();
  }

  get #vertices(): DirtyVertices {
    this.#recall?.();
    return this.#dirty;
  }

  /** Has bytes `from` to `from + count` of a vertex written: whole blocks, with what stands beside them. */
  async #writePart(
    index: number,
    from: number,
    count: number,
    fill: (target: Buffer, to: number) => void,
  ): Promise<void> {
    const end = from + count;
    const edges = new Map<number, Vertex>();
    try {
      // Looked for anew after each read: what was in memory before it may be in a version alone.
      for (;;) {
        const last = this.length - index * vertexBytes;
        const broken = brokenBlocks(this.#vertices.get(index), { from, end, last });
        const next = broken.find((at) => !edges.has(at));
        if (next === undefined) break;
        edges.set(next, await this.#blockUnder(index, next));
      }
      this.#vertices.write(index, from, end, (vertex) => {
        fill(vertex.part(from, end), 0);
        for (const [at, edge] of edges) {
          const block = vertex.part(at, at + blockBytes);
          const bytes = edge.part(at, at + blockBytes);
          bytes.copy(block, 0, 0, Math.max(0, from - at));
          const behind = Math.min(end - at, blockBytes);
          bytes.copy(block, behind, behind);
        }
      });
      // In the same step as the bytes: a frozen state has neither a length without its bytes nor bytes behind its length.
      this.length = Math.max(this.length, index * vertexBytes + end);
    } finally {
      for (const edge of edges.values()) this.#parts.pool.release(edge);
    }
  }

  /** What lies under a block, in memory that has to be released. */
  async #blockUnder(index: number, from: number): Promise<Vertex> {
    const { pool } = this.#parts;
    const start = index * vertexBytes + from;
    const block = pool.take(from, from + blockBytes);
    try {
      await this.#layers.read(start, block.part(from, from + Math.min(blockBytes, this.length - start)));
      return block;
    } catch (error) {
      pool.release(block);
      throw error;
    }
  }

  async #writeZeros(from: number, end: number): Promise<void> {
    if (from < end)
      await this.write(from, end - from, (_from, length, target, to) => target.fill(0, to, to + length));
  }

  #makeHoles(first: number, end: number): void {
    this.#vertices.dropSlots(first, end);
    this.#layers.dig(first, end, this.#moment - 1);
    this.#newHoles.add(first, end);
  }

  /** A slot is as it is in cubes, under the vertices that are dirty. */
  #place(index: number, slot: Slot, placed: Placed): void {
    if (slot.kind === 'hole') {
      this.#layers.dig(index, index + 1, placed.moment);
      this.#newHoles.add(index, index + 1);
    } else {
      this.#layers.place(index, slot, placed);
      this.#newSlots.add(index);
    }
  }
}
